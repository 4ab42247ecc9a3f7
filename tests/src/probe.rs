//! What a listener speaks, asked with `openssl s_client`.

use std::{net::SocketAddr, path::Path, process::Stdio};

use tokio::process::Command;

/// What came of one handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `TLSv1.2`, `TLSv1.3`; empty if there was no handshake.
    pub version: String,
    /// All that `openssl` said.
    pub text: String,
}

/// Shakes hands as `localhost`, trusting an authority, with any further arguments.
///
/// # Panics
/// If there is no `openssl`; `.ci/run` installs it.
pub async fn s_client(address: SocketAddr, ca: &Path, args: &[&str]) -> Probe {
    let text = run(address, ca, &[args, &["-brief"]].concat()).await;
    let line = text.lines().find_map(|line| line.strip_prefix("Protocol version: "));
    Probe { version: line.unwrap_or_default().to_owned(), text }
}

/// The same with everything that `openssl` can tell; the version is left empty.
///
/// # Panics
/// If there is no `openssl`; `.ci/run` installs it.
pub async fn s_client_full(address: SocketAddr, ca: &Path, args: &[&str]) -> Probe {
    Probe { version: String::new(), text: run(address, ca, args).await }
}

async fn run(address: SocketAddr, ca: &Path, args: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &address.to_string(), "-servername", "localhost"]);
    command.arg("-verify_return_error").arg("-CAfile").arg(ca).args(args);
    // Old versions are switched off in OpenSSL itself unless its level is lowered.
    if !args.contains(&"-cipher") {
        command.args(["-cipher", "ALL:@SECLEVEL=0"]);
    }
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    let (stdout, stderr) = (output.stdout, output.stderr);
    format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr))
}
