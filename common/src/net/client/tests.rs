use std::path::PathBuf;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    target::{Place, Target},
    write_buffer::WriteBuffer,
};

#[track_caller]
fn check(endpoint: &str, expected: Result<(Place, &str, bool), &str>) {
    let found = Target::parse(endpoint).map_err(|error| error.to_string());
    let expected = expected.map(|(place, authority, is_https)| Target {
        place,
        authority: authority.to_owned(),
        is_https,
    });
    assert_eq!(found, expected.map_err(str::to_owned));
}

fn resolve(host: &str, port: u16) -> Place {
    Place::Resolve { host: host.to_owned(), port }
}

#[test]
fn reads_every_form_of_endpoint() {
    check("collector:4317", Ok((resolve("collector", 4317), "collector:4317", false)));
    check("http://collector:4317", Ok((resolve("collector", 4317), "collector:4317", false)));
    check("https://collector:443", Ok((resolve("collector", 443), "collector:443", true)));
    check("dns:///collector:4317", Ok((resolve("collector", 4317), "collector:4317", false)));
    check("[::1]:4317", Ok((resolve("::1", 4317), "[::1]:4317", false)));
    check(":4317", Ok((resolve("localhost", 4317), "localhost:4317", false)));
    let passthrough = Place::Passthrough { host: "a".to_owned(), port: 1 };
    check("passthrough:///a:1", Ok((passthrough, "a:1", false)));
    let unix = Place::Unix(PathBuf::from("/run/otlp.sock"));
    check("unix:///run/otlp.sock", Ok((unix, "localhost", false)));
}

#[test]
fn says_what_is_wrong_with_an_endpoint() {
    check("", Err("requires a non-empty \"endpoint\""));
    check("collector", Err("address collector: missing port in address"));
    check("collector:otlp", Err("invalid port \"otlp\""));
    check("::1:4317", Err("address ::1:4317: too many colons in address"));
    check("unix://", Err("unix socket path cannot be empty"));
    check(
        "xds:///collector",
        Err(
            "resolver scheme \"xds\" is not available, expected one of dns, passthrough, unix, http, https",
        ),
    );
}

#[tokio::test]
async fn gathers_small_writes_and_passes_large_ones_through() {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let mut stream = WriteBuffer::new(near, 40_000);
    let mut expected = Vec::new();
    for size in [1, 16_000, 16_000, 16_000, 100_000, 5] {
        let piece = vec![u8::try_from(size % 251).unwrap(); size];
        stream.write_all(&piece).await.unwrap();
        expected.extend_from_slice(&piece);
    }
    stream.shutdown().await.unwrap();
    let mut received = Vec::new();
    far.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, expected);
}
