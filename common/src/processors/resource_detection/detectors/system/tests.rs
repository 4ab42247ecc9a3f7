use std::{fs, path::Path};

use tempfile::TempDir;

use super::*;
use crate::{
    otlp::any_value::OwnedValue,
    processors::resource_detection::{attempt::Machine, settings::Wanted},
};

const RELEASE: &str = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n";
const CPU: &str = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n\
                   model name\t: Xeon\nstepping\t: 7\ncache size\t: 36608 KB\n\nprocessor\t: 1\n";

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn root() -> TempDir {
    let root = TempDir::new().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("etc/hosts", &format!("10.0.0.7 {0}.example.com {0}\n", host()));
    write("etc/machine-id", "0f0f\n");
    write("etc/os-release", RELEASE);
    write("etc/debian_version", "12.5\n");
    write("proc/cpuinfo", CPU);
    for (name, flags, index) in [("lo", "0x9", 1), ("eth1", "0x1003", 3), ("eth0", "0x1002", 2)] {
        write(&format!("sys/class/net/{name}/flags"), flags);
        write(&format!("sys/class/net/{name}/ifindex"), &index.to_string());
        write(&format!("sys/class/net/{name}/address"), "0a:00:00:00:00:01\n");
    }
    root
}

async fn found(root: &Path, sources: &[&str]) -> Result<Detected, Failure> {
    let machine = Machine::pretended(&[], root, None);
    // Nothing is listed, so everything is wanted.
    let wanted = Wanted::new(&[], None);
    let attempt = Attempt { machine: &machine, wanted, is_required: false, deadline: None };
    let hostname_sources = sources.iter().map(|source| (*source).to_owned()).collect();
    detect(&SystemSection { hostname_sources, ..SystemSection::default() }, &attempt).await
}

fn value(found: &Detected, name: &str) -> OwnedValue {
    let value = found.attributes.iter().find(|(key, _)| key == name);
    value.map(|(_, value)| value.clone()).unwrap_or_default()
}

#[tokio::test]
async fn a_host_is_described() {
    let root = root();
    let found = found(root.path(), &[]).await.unwrap();
    let kernel = rustix::system::uname().release().to_string_lossy().into_owned();
    let texts = [
        ("host.name", format!("{}.example.com", host())),
        ("host.id", "0f0f".to_owned()),
        ("os.type", "linux".to_owned()),
        ("os.name", "debian".to_owned()),
        ("os.version", "12.5".to_owned()),
        ("os.build.id", kernel),
        ("host.cpu.vendor.id", "GenuineIntel".to_owned()),
        ("host.cpu.family", "6".to_owned()),
        ("host.cpu.model.id", "85".to_owned()),
        ("host.cpu.model.name", "Xeon".to_owned()),
        ("host.cpu.stepping", "7".to_owned()),
    ];
    for (name, expected) in texts {
        assert_eq!(value(&found, name), OwnedValue::Str(expected), "{name}");
    }
    assert_eq!(value(&found, "host.cpu.cache.l2.size"), OwnedValue::Int(36608));
    let texts = |texts: &[&str]| {
        OwnedValue::Array(texts.iter().map(|text| OwnedValue::from(*text)).collect())
    };
    assert_eq!(value(&found, "host.interface"), texts(&["lo", "eth0", "eth1"]));
    assert_eq!(value(&found, "host.mac"), texts(&["0A-00-00-00-00-01"]));
    let OwnedValue::Str(description) = value(&found, "os.description") else {
        unreachable!("no description");
    };
    assert!(description.starts_with("Debian GNU/Linux 12 (Linux "), "{description}");
}

#[tokio::test]
async fn the_name_comes_from_the_first_source_that_has_one() {
    let root = root();
    let by_system = found(root.path(), &["os", "dns"]).await.unwrap();
    assert_eq!(value(&by_system, "host.name"), OwnedValue::Str(host()));
}

#[tokio::test]
async fn every_attribute_is_listed() {
    let root = root();
    let found = found(root.path(), &["os"]).await.unwrap();
    for (name, _) in &found.attributes {
        assert!(ATTRIBUTES.iter().any(|(listed, _)| listed == name), "{name}");
    }
}

#[tokio::test]
async fn this_very_host_is_described() {
    let found = found(Path::new("/"), &["os"]).await.unwrap();
    assert_ne!(value(&found, "host.interface"), OwnedValue::Empty);
    assert_ne!(value(&found, "host.arch"), OwnedValue::Empty);
}
