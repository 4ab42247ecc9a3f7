use super::*;
use crate::net::listener::Transport;

async fn server() -> (Server, Arc<Socket>) {
    let listener = Listener::bind("127.0.0.1:0", Transport::Tcp, "").await.unwrap();
    let socket = Arc::clone(&listener.sockets[0]);
    let serve: ServeConnection = Arc::new(|_, _, _| Box::pin(std::future::ready(())));
    (Server::start(listener, Tasks::default(), Patience::http(None, None), serve), socket)
}

#[tokio::test]
async fn a_broken_socket_is_told() {
    let (server, socket) = server().await;
    let Socket::Tcp(socket) = &*socket else { unreachable!("it is bound to an address") };
    socket2::SockRef::from(socket).shutdown(std::net::Shutdown::Both).unwrap();
    server.failed().await;
}

#[tokio::test]
async fn a_server_that_was_stopped_has_not_failed() {
    let (server, _socket) = server().await;
    let failed = server.failed();
    assert!(server.stop(Instant::now() + Duration::from_secs(10)).await);
    drop(server);
    assert!(tokio::time::timeout(Duration::from_millis(1), failed).await.is_err());
}
