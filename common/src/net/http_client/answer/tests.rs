use super::*;

#[tokio::test]
async fn a_body_is_read_up_to_the_limit() {
    for (max_bytes, expected) in [(0, ("", false)), (4, ("hell", false)), (5, ("hello", true))] {
        let response = Response::from(http::Response::new("hello"));
        let (body, is_whole) = body(response, max_bytes).await.unwrap();
        assert_eq!((&*body, is_whole), (expected.0.as_bytes(), expected.1));
    }
}

#[test]
fn a_media_type_has_no_parameters() {
    let read = |value: &'static str| {
        media_type(&HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]))
    };
    assert_eq!(read(" Application/JSON ; charset=utf-8"), "application/json");
    assert_eq!(read("text/plain"), "text/plain");
    assert_eq!(media_type(&HeaderMap::new()), "");
}
