use proptest::prelude::*;

use super::*;

fn answer(status: u16, media_type: &str, body: &str) -> Result<Token, Refusal> {
    let answer =
        FormAnswer { status, media_type: media_type.to_owned(), body: body.to_owned().into() };
    read(&answer, &[Secret::new("planted")])
}

#[track_caller]
fn check_token(body: &str, header: &str, seconds: Option<u64>) {
    let token = answer(200, "application/json", body).unwrap();
    assert_eq!(
        (token.header.to_str().unwrap(), token.life),
        (header, seconds.map(Duration::from_secs))
    );
    assert!(token.header.is_sensitive());
}

#[test]
fn tokens_are_read_as_servers_write_them() {
    check_token(
        r#"{"access_token":"t","token_type":"bearer","expires_in":60}"#,
        "Bearer t",
        Some(60),
    );
    check_token(r#"{"access_token":"t","expires_in":"60"}"#, "Bearer t", Some(60));
    check_token(r#"{"access_token":"t","expires_in":60.0,"scope":["a"]}"#, "Bearer t", Some(60));
    check_token(r#"{"access_token":"t","token_type":"DPoP"}"#, "DPoP t", None);
    for never in ["0", "\"\"", "\"soon\"", "null", "1e300", "[]"] {
        check_token(&format!(r#"{{"access_token":"t","expires_in":{never}}}"#), "Bearer t", None);
    }
    let token = answer(200, "application/x-www-form-urlencoded", "access_token=a%2Bb&expires_in=9");
    assert_eq!(token.unwrap().header, "Bearer a+b");
}

#[track_caller]
fn check_refusal(status: u16, body: &str, message: &str, may_be_style: bool) {
    let refusal = answer(status, "application/json", body).unwrap_err();
    assert_eq!((refusal.message.as_str(), refusal.may_be_style), (message, may_be_style));
}

#[test]
fn refusals_say_what_the_server_said() {
    let expired = r#"{"access_token":"t","expires_in":-5}"#;
    let message = "the token server's answer has a token that has expired";
    check_refusal(200, expired, message, false);
    check_refusal(
        401,
        r#"{"error":"invalid_client","error_description":"who\nare you"}"#,
        "the token server answered 401: invalid_client (who are you)",
        true,
    );
    check_refusal(
        400,
        r#"{"error":"invalid_scope"}"#,
        "the token server answered 400: invalid_scope",
        true,
    );
    check_refusal(503, "{}", "the token server answered 503", false);
    check_refusal(
        403,
        r#"{"error":"invalid_client"}"#,
        "the token server answered 403: invalid_client",
        true,
    );
    check_refusal(200, r#"{"error":"nope"}"#, "the token server answered 200: nope", false);
    check_refusal(200, "{}", "the token server's answer has no access_token", false);
    check_refusal(
        200,
        r#"{"access_token":"a\nb"}"#,
        "the token server's access_token is no valid header value",
        false,
    );
    check_refusal(
        502,
        "<html>",
        "the token server answered 502 with application/json, expected JSON",
        false,
    );
    check_refusal(
        400,
        r#"{"error":"bad","error_description":"secret planted is wrong"}"#,
        "the token server answered 400: bad (secret [REDACTED] is wrong)",
        true,
    );
}

#[test]
fn long_words_of_a_server_are_cut() {
    let body = format!(r#"{{"error":"{}"}}"#, "x".repeat(10_000));
    let refusal = answer(400, "application/json", &body).unwrap_err();
    assert!(refusal.message.len() < 400);
}

#[test]
fn a_token_is_not_printed() {
    let token = answer(200, "", r#"{"access_token":"planted"}"#);
    assert!(!format!("{token:?}").contains("planted"));
}

proptest! {
    #[test]
    fn no_answer_panics(status in 100_u16..600, body in "(?s).{0,100}", is_form in any::<bool>()) {
        let media_type = if is_form { "text/plain" } else { "" };
        drop(answer(status, media_type, &body));
    }
}
