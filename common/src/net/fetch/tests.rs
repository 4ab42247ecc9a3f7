use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use super::*;

/// Fetches from a server that sends one answer.
fn fetched(answer: &'static str, max_bytes: usize) -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let result = fetch_text(&format!("http://{address}/config.yaml"), max_bytes);
    server.join().unwrap();
    result
}

#[test]
fn a_body_with_status_200_is_read() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\na: 1";
    assert_eq!(fetched(answer, 4), Ok("a: 1".to_owned()));
    assert!(fetched(answer, 3).unwrap_err().contains("more than the 3 bytes"));
}

#[test]
fn any_other_status_is_an_error() {
    let answer = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
    assert!(fetched(answer, 10).unwrap_err().contains("status 204 No Content, expected 200"));
}

#[test]
fn what_is_away_is_told_without_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = fetch_text(&format!("https://user:hunter2@{address}/"), 10).unwrap_err();
    assert!(error.starts_with("unable to download the config: "), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}
