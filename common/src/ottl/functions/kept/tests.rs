use super::*;

fn length(text: &str) -> Result<usize, &'static str> {
    if text.is_empty() { Err("empty") } else { Ok(text.len()) }
}

#[test]
fn a_text_that_comes_again_is_made_once() {
    let kept = Kept::new(2);
    let first = kept.get("text", || length("text")).unwrap();
    let again = kept.get("text", || Err("made twice")).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!(*again, 4);
}

#[test]
fn a_failure_is_not_kept() {
    let kept = Kept::new(2);
    assert_eq!(kept.get("", || length("")), Err("empty"));
    assert_eq!(kept.get("", || Ok::<_, ()>(7)), Ok(Arc::new(7)));
}

#[test]
fn what_is_kept_is_bounded() {
    let kept = Kept::new(3);
    for number in 0..10 {
        kept.get(&number.to_string(), || Ok::<_, ()>(number)).unwrap();
        assert!(kept.made.read().len() <= 3);
    }
    assert_eq!(*kept.get("9", || Err("it is the last one")).unwrap(), 9);
}
