#[test]
fn x() {
    for t in ["set(a, 1) where b == 1", "set(a, \"x\" where true"] {
        match super::statement(t) {
            Ok(s) => println!("{s:?}"),
            Err(e) => println!("{e}"),
        }
    }
}
