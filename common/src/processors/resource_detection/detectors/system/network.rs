//! The network interfaces and their addresses.

use std::fs;

use crate::otlp::any_value::OwnedValue;

use super::{Attempt, Detected};

const INTERFACES: &str = "/sys/class/net";
const IS_UP: u32 = 1;
const IS_LOOPBACK: u32 = 8;
/// A host of many containers has hundreds; what is beyond is not listed.
const MAX_INTERFACES: usize = 1024;

struct Interface {
    name: String,
    index: u32,
    flags: u32,
    mac: String,
}

impl Interface {
    /// Whether it leads anywhere.
    const fn is_used(&self) -> bool {
        self.flags & IS_UP != 0 && self.flags & IS_LOOPBACK == 0
    }
}

pub(super) fn put(found: &mut Detected, attempt: &Attempt<'_>) -> Result<(), String> {
    if !["host.ip", "host.mac", "host.interface"].iter().any(|name| attempt.wants(name)) {
        return Ok(());
    }
    let interfaces = interfaces(attempt)?;
    let used = || interfaces.iter().filter(|interface| interface.is_used());
    found.put_texts("host.interface", interfaces.iter().map(|one| one.name.clone()));
    let macs = used().map(|one| one.mac.replace(':', "-").to_uppercase());
    found.put_texts("host.mac", macs.filter(|mac| !mac.is_empty()));
    if attempt.wants("host.ip") {
        let addresses = if_addrs::get_if_addrs();
        let addresses =
            addresses.map_err(|error| format!("cannot read the addresses of the host: {error}"))?;
        let of_used = addresses
            .into_iter()
            .filter(|address| used().any(|one| one.name == address.name))
            .filter(|address| !address.is_loopback());
        let texts = of_used.map(|address| OwnedValue::Str(address.ip().to_string()));
        found.put("host.ip", OwnedValue::Array(texts.collect()));
    }
    Ok(())
}

/// All interfaces, in the order in which the system counts them.
fn interfaces(attempt: &Attempt<'_>) -> Result<Vec<Interface>, String> {
    let entries = fs::read_dir(attempt.path(INTERFACES));
    let entries = entries.map_err(|error| format!("cannot read {INTERFACES}: {error}"))?;
    let mut interfaces = Vec::new();
    for entry in entries.flatten().take(MAX_INTERFACES) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = |file: &str| {
            let text = attempt.file(&format!("{INTERFACES}/{name}/{file}"));
            text.ok().flatten().unwrap_or_default().trim().to_owned()
        };
        let flags = text("flags");
        let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or_default();
        let index = text("ifindex").parse().unwrap_or(u32::MAX);
        let mac = text("address");
        interfaces.push(Interface { name, index, flags, mac });
    }
    interfaces.sort_by_key(|interface| interface.index);
    Ok(interfaces)
}
