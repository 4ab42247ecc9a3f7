//! Files that change while they are used.

use std::{os::unix::fs::symlink, path::Path, sync::Arc, time::Duration};

use rustls::{ClientConfig, ServerConfig};
use tokio::task::JoinHandle;

use super::{
    handshakes::shake,
    pki::{Pair, Pki},
};
use crate::{
    net::tls::{Current, Follower, client_config, server_config},
    pipeline::Tasks,
    settings,
};

fn follow(follower: Follower) -> JoinHandle<()> {
    Tasks::default().spawn(follower.run())
}

/// Waits until the configuration is another.
async fn changed<C: Send + Sync>(current: &Current<C>, before: &Arc<C>) -> Arc<C> {
    loop {
        let now = current.load();
        if !Arc::ptr_eq(&now, before) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Lets the follower look a few times; true if nothing came of it.
async fn stays<C: Send + Sync>(current: &Current<C>, before: &Arc<C>) -> bool {
    tokio::time::timeout(Duration::from_millis(2500), changed(current, before)).await.is_err()
}

struct Rig {
    pki: Pki,
    client: Arc<ClientConfig>,
    server: Current<ServerConfig>,
    following: JoinHandle<()>,
}

impl Rig {
    fn new(change: impl FnOnce(&mut settings::TlsServerSettings)) -> Self {
        let pki = Pki::new();
        let mut settings = pki.server();
        change(&mut settings);
        let (server, follower) = server_config(&settings, &[]).unwrap();
        let client = client_config(&pki.client(), &[]).unwrap().0.load();
        Self { pki, client, server, following: follow(follower) }
    }

    async fn shakes(&self, server: Arc<ServerConfig>, name: &str) -> bool {
        shake(server, Arc::clone(&self.client), name).await.is_ok()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.following.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_certificate_is_used_once_its_key_is_there_too() {
    let rig = Rig::new(|_| {});
    let before = rig.server.load();
    let Pair { certificate, key } = rig.pki.pair("renewed.example");
    rig.pki.write("server.crt", &certificate);
    assert!(stays(&rig.server, &before).await);
    assert!(rig.shakes(rig.server.load(), "localhost").await);
    rig.pki.write("server.key", &key);
    let after = changed(&rig.server, &before).await;
    assert!(rig.shakes(after, "renewed.example").await);
    // A handshake that began before goes on with what it began with.
    assert!(rig.shakes(before, "localhost").await);
}

#[tokio::test(start_paused = true)]
async fn what_is_broken_or_gone_changes_nothing() {
    let rig = Rig::new(|tls| tls.a.reload_interval = settings::Duration::from_millis(100));
    let before = rig.server.load();
    for spoil in ["", "-----BEGIN CERTIFICATE-----\n"] {
        rig.pki.write("server.crt", spoil);
        assert!(stays(&rig.server, &before).await);
    }
    rig.pki.write_pair("server", &rig.pki.expired());
    std::fs::remove_file(rig.pki.path("server.key")).unwrap();
    assert!(stays(&rig.server, &before).await);
    rig.pki.write_pair("server", &rig.pki.pair("renewed.example"));
    let after = changed(&rig.server, &before).await;
    assert!(rig.shakes(after, "renewed.example").await);
}

/// A mounted secret as the kubelet keeps it: `name -> ..data/name`, `..data -> ..generation`.
fn mount(dir: &Path, generation: &str, pair: &Pair) {
    let data = dir.join(generation);
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("server.crt"), &pair.certificate).unwrap();
    std::fs::write(data.join("server.key"), &pair.key).unwrap();
    let link = dir.join("..data_tmp");
    symlink(generation, &link).unwrap();
    std::fs::rename(link, dir.join("..data")).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_swapped_link_is_followed() {
    let pki = Pki::new();
    let dir = pki.dir.path();
    mount(dir, "..1", &pki.pair("localhost"));
    for name in ["server.crt", "server.key"] {
        symlink(Path::new("..data").join(name), dir.join(name)).unwrap();
    }
    let (server, follower) = server_config(&pki.server(), &[]).unwrap();
    let following = follow(follower);
    let before = server.load();
    mount(dir, "..2", &pki.pair("renewed.example"));
    std::fs::remove_dir_all(dir.join("..1")).unwrap();
    let after = changed(&server, &before).await;
    let client = client_config(&pki.client(), &[]).unwrap().0.load();
    shake(after, client, "renewed.example").await.unwrap();
    following.abort();
}

#[tokio::test(start_paused = true)]
async fn roots_and_the_certificates_of_clients_change_too() {
    let (pki, next) = (Pki::new(), Pki::new());
    let mut settings = pki.server();
    settings.b.client_ca_file = pki.write("clients.pem", &pki.ca);
    let (server, follower) = server_config(&settings, &[]).unwrap();
    let (client, of_client) = client_config(&pki.known_client(), &[]).unwrap();
    let following = [follow(follower), follow(of_client)];
    let before = (server.load(), client.load());
    shake(server.load(), client.load(), "localhost").await.unwrap();
    pki.write("clients.pem", &next.ca);
    pki.write_pair("server", &next.pair("localhost"));
    pki.write_pair("client", &next.pair("client"));
    pki.write("ca.pem", &next.ca);
    changed(&server, &before.0).await;
    changed(&client, &before.1).await;
    // Both may have been caught in the middle.
    while shake(server.load(), client.load(), "localhost").await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(shake(before.0, client.load(), "localhost").await.is_err());
    for task in following {
        task.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_only_look_new_change_nothing() {
    let rig = Rig::new(|_| {});
    let before = rig.server.load();
    let same = std::fs::read(rig.pki.path("server.crt")).unwrap();
    std::fs::write(rig.pki.path("server.crt"), same).unwrap();
    assert!(stays(&rig.server, &before).await);
}
