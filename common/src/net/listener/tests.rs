use super::{Listener, Transport, split_endpoint};

async fn bind(endpoint: &str) -> Result<Listener, String> {
    Listener::bind(endpoint, Transport::Tcp, "127.0.0.1").await.map_err(|error| error.to_string())
}

#[test]
fn endpoints_are_split_at_the_port() {
    let check = |endpoint| {
        split_endpoint(endpoint)
            .map(|(host, port)| (host.to_owned(), port))
            .map_err(|error| error.to_string())
    };
    assert_eq!(check("a:1"), Ok(("a".to_owned(), 1)));
    assert_eq!(check(":4317"), Ok((String::new(), 4317)));
    assert_eq!(check("[::1]:2"), Ok(("::1".to_owned(), 2)));
    assert!(check("localhost").unwrap_err().contains("missing port in address"));
    assert!(check("::1:2").unwrap_err().contains("too many colons"));
    assert!(check("a:70000").unwrap_err().contains("0 to 65535"));
}

#[tokio::test]
async fn an_endpoint_without_a_host_takes_the_default_one() {
    let listener = bind(":0").await.unwrap();
    assert!(listener.addresses()[0].starts_with("127.0.0.1:"));
    assert_ne!(listener.port(), Some(0));
}

#[tokio::test]
async fn localhost_is_every_loopback_address_with_one_port() {
    let addresses = bind("localhost:0").await.unwrap().addresses();
    let ports: Vec<_> =
        addresses.iter().map(|address| address.rsplit_once(':').unwrap().1).collect();
    assert!(addresses[0].starts_with("127.0.0.1:"));
    assert!(ports.iter().all(|port| *port == ports[0]), "{addresses:?}");
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let listener = bind("127.0.0.1:0").await.unwrap();
    let address = listener.addresses()[0].clone();
    let error = bind(&address).await.unwrap_err();
    assert!(error.starts_with(&format!("cannot listen on {address}: Address already in use")));
}

#[tokio::test]
async fn the_file_of_a_dead_socket_is_taken_over_and_a_live_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("otlp.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let endpoint = format!("unix://{}", path.display());
    let listener = bind(&endpoint).await.unwrap();
    assert!(bind(&endpoint).await.is_err());
    drop(listener);
    assert!(!path.exists());
    std::fs::write(&path, "not a socket").unwrap();
    assert!(bind(&endpoint).await.is_err());
    assert!(path.exists());
}

#[test]
fn transports_are_those_that_can_be_listened_on() {
    let check = |word: &str| word.parse::<Transport>().map_err(|error| error.to_string());
    assert_eq!(check("unix"), Ok(Transport::Unix));
    assert!(check("x").unwrap_err().starts_with("unsupported transport type \"x\""));
    assert_eq!(check("").unwrap_err(), "invalid transport type \"\"");
    assert!(check("udp").unwrap_err().contains("not available"));
}
