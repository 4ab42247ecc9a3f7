use std::fs;

use super::*;
use crate::settings::Secret;

// Of "secret".
const BCRYPT: &str = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

async fn server(inline: &str, file: &str) -> (BasicServer, Tasks) {
    let settings = HtpasswdSettings { file: file.to_owned(), inline: Secret::new(inline) };
    let (server, tasks) = (BasicServer::new(&settings).unwrap(), Tasks::default());
    server.start(&tasks).await.unwrap();
    (server, tasks)
}

fn basic(credentials: &[u8]) -> String {
    use base64::engine::general_purpose::STANDARD;
    format!("Basic {}", STANDARD.encode(credentials))
}

async fn answer(server: &BasicServer, value: &str) -> String {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::try_from(value).unwrap());
    match server.authenticate(&headers).await {
        Ok(identity) => identity.get("username").unwrap().to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn answers_are_upstreams() {
    let (server, _) = server(&format!("slow:{BCRYPT}\nplain:se:cret\n"), "").await;
    let none = server.authenticate(&HeaderMap::new()).await.unwrap_err();
    assert_eq!(none.to_string(), "no basic auth provided");
    for (value, expected) in [
        (String::new(), "no basic auth provided"),
        ("Bearer token".to_owned(), "invalid authorization scheme prefix"),
        ("Basic".to_owned(), "invalid authorization scheme prefix"),
        ("Basic !!".to_owned(), "invalid authorization format"),
        ("Basic c2VjcmV0".to_owned(), "invalid authorization format"),
        (basic(b"slow:secret"), "slow"),
        (basic(b"slow:secret").replace("Basic", "bASIC"), "slow"),
        (basic(b"plain:se:cret"), "plain"),
        (basic(b"slow:wrong"), "invalid credentials"),
        (basic(b"slow:"), "invalid credentials"),
        (basic(b":"), "invalid credentials"),
        (basic(b"stranger:secret"), "invalid credentials"),
        (basic(b"\xff:secret"), "invalid credentials"),
    ] {
        assert_eq!(answer(&server, &value).await, expected, "{value}");
        assert_eq!(answer(&server, &value).await, expected, "again: {value}");
    }
}

#[tokio::test]
async fn the_identity_has_the_name_and_what_was_sent() {
    let (server, _) = server("user:secret", "").await;
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_static("Basic dXNlcjpzZWNyZXQ="));
    let identity = server.authenticate(&headers).await.unwrap();
    assert_eq!(identity.get("username"), Some("user"));
    assert_eq!(identity.get("raw"), Some("dXNlcjpzZWNyZXQ="));
    assert_eq!(
        identity.iter().collect::<Vec<_>>(),
        [("username", "user")],
        "what a queue writes down"
    );
    assert!(!format!("{identity:?} {server:?}").contains("dXNlcjpzZWNyZXQ="));
}

#[tokio::test]
async fn what_was_right_is_remembered_and_forgotten_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("htpasswd");
    fs::write(&path, format!("user:{BCRYPT}\n")).unwrap();
    let (server, tasks) = server("other:secret", path.to_str().unwrap()).await;
    let right = basic(b"user:secret");
    assert_eq!(answer(&server, &right).await, "user");
    let digest = server.key.digest(b"user:secret");
    let users = server.users.current().unwrap();
    assert_eq!(users.recall(digest), Some(true));
    assert_eq!(users.recall(server.key.digest(b"user:wrong")), None);
    fs::write(&path, "nobody:secret\n").unwrap();
    assert!(server.users.refresh().await);
    assert_eq!(answer(&server, &right).await, "invalid credentials");
    assert_eq!(answer(&server, &basic(b"other:secret")).await, "other", "inline lines stay");
    assert!(tasks.stop(tokio::time::Instant::now() + Duration::from_secs(5)).await);
}

#[tokio::test]
async fn inline_lines_replace_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("htpasswd");
    fs::write(&path, "user:of_file").unwrap();
    let (server, _) = server("user:inline", path.to_str().unwrap()).await;
    assert_eq!(answer(&server, &basic(b"user:inline")).await, "user");
    assert_eq!(answer(&server, &basic(b"user:of_file")).await, "invalid credentials");
}

#[tokio::test]
async fn a_missing_file_is_an_error_at_start() {
    let settings = HtpasswdSettings { file: "/no/such/file".to_owned(), ..Default::default() };
    let server = BasicServer::new(&settings).unwrap();
    let error = server.start(&Tasks::default()).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot read /no/such/file: No such file"), "{error}");
}

#[tokio::test]
async fn many_with_the_same_credentials_cost_few_checks() {
    let (server, _) = server(&format!("user:{BCRYPT}"), "").await;
    let server = Arc::new(server);
    let value = basic(b"user:secret");
    let answers = (0..200).map(|_| answer(&server, &value));
    let answers = futures_util::future::join_all(answers).await;
    assert!(answers.iter().all(|answer| answer == "user"));
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_too_many_wait_is_refused() {
    let (server, _) = server(&format!("user:{BCRYPT}"), "").await;
    let all = u32::try_from(server.places.available_permits()).unwrap();
    let busy = Arc::clone(&server.places).acquire_many_owned(all).await.unwrap();
    let refusal = BUSY.to_string();
    assert_eq!(answer(&server, &basic(b"user:secret")).await, refusal, "after a bounded wait");
    let waiting = server.waiting.acquire_many(u32::try_from(MAX_WAITING).unwrap()).await.unwrap();
    let at = tokio::time::Instant::now();
    assert_eq!(answer(&server, &basic(b"user:secret")).await, refusal);
    assert_eq!(at.elapsed(), Duration::ZERO, "without a wait");
    drop((busy, waiting));
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_in_time_and_number() {
    let key = DigestKey::random().unwrap();
    let mut remembered = Remembered::new(Duration::from_secs(10), 2);
    let [one, two, three] = [b"1", b"2", b"3"].map(|text| key.digest(text));
    remembered.note(one);
    tokio::time::advance(Duration::from_secs(1)).await;
    remembered.note(two);
    remembered.note(three);
    assert!(!remembered.has(one) && remembered.has(two) && remembered.has(three));
    tokio::time::advance(Duration::from_secs(10)).await;
    assert!(!remembered.has(two));
}
