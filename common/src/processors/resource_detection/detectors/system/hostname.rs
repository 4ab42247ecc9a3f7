//! The name of the host, from one source or another.

use dns_lookup::{AddrInfoHints, getaddrinfo, lookup_addr, lookup_host};

use super::Attempt;

const HOSTS_FILE: &str = "/etc/hosts";
/// `AI_CANONNAME`, which has this value on all systems that we run on.
const CANONICAL_NAME: i32 = 2;

/// What the first source says that says something.
pub(super) async fn find(sources: &[String], attempt: &Attempt<'_>) -> Result<String, String> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let mut errors = Vec::new();
    for source in sources {
        let name = match source.as_str() {
            "os" => Ok(host.clone()),
            "dns" => full_name(&host, attempt).await,
            "cname" => look_up(host.clone(), canonical_name, attempt).await,
            _ => look_up(host.clone(), name_of_address, attempt).await,
        };
        match name {
            Ok(name) if !name.is_empty() => return Ok(name),
            Ok(_) => errors.push(format!("{source}: the name is empty")),
            Err(error) => errors.push(format!("{source}: {error}")),
        }
    }
    Err(format!("no hostname_sources gave the name of the host: {}", errors.join("; ")))
}

/// The name with its domain: from the hosts file, then from the resolver.
async fn full_name(host: &str, attempt: &Attempt<'_>) -> Result<String, String> {
    let file = attempt.file(HOSTS_FILE)?.unwrap_or_default();
    if let Some(name) = listed_name(host, &file) {
        return Ok(name.to_owned());
    }
    match look_up(host.to_owned(), canonical_name, attempt).await {
        Ok(name) => Ok(name),
        Err(_) => look_up(host.to_owned(), name_of_address, attempt).await,
    }
}

/// The first name in the line of a hosts file that has this host.
fn listed_name<'f>(host: &str, file: &'f str) -> Option<&'f str> {
    file.lines().find_map(|line| {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace().skip(1);
        let first = words.next()?;
        (first == host || words.any(|alias| alias == host)).then_some(first)
    })
}

/// Asks the resolver, which may hang for longer than anybody would wait.
async fn look_up(
    host: String,
    ask: fn(&str) -> Result<String, String>,
    attempt: &Attempt<'_>,
) -> Result<String, String> {
    let patience = attempt.patience();
    let asked = tokio::task::spawn_blocking(move || ask(&host));
    match tokio::time::timeout(patience, asked).await {
        Ok(Ok(name)) => name.map(|name| name.trim_end_matches('.').to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("the resolver gave no answer within {patience:?}")),
    }
}

fn canonical_name(host: &str) -> Result<String, String> {
    let hints = AddrInfoHints { flags: CANONICAL_NAME, ..AddrInfoHints::default() };
    let found = getaddrinfo(Some(host), None, Some(hints));
    let mut found = found.map_err(|error| unknown(host, error.into()))?;
    let name = found.find_map(|address| address.ok()?.canonname);
    name.ok_or_else(|| format!("{host} has no canonical name"))
}

fn name_of_address(host: &str) -> Result<String, String> {
    let addresses = lookup_host(host).map_err(|error| unknown(host, error.into()))?;
    let mut names = addresses.into_iter().filter_map(|address| lookup_addr(&address).ok());
    names.next().ok_or_else(|| format!("no address of {host} has a name"))
}

fn unknown(host: &str, error: std::io::Error) -> String {
    format!("{host} cannot be resolved: {error}")
}

#[cfg(test)]
mod tests;
