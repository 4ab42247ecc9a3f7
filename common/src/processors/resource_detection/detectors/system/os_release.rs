//! The operating system: what its release file says, and the kernel.

use super::{Attempt, Detected};

const RELEASE_FILES: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];
/// Debian keeps the minor version here only.
const DEBIAN_FILE: &str = "/etc/debian_version";

pub(super) fn put(found: &mut Detected, attempt: &Attempt<'_>) -> Result<(), String> {
    const NAMES: [&str; 4] = ["os.build.id", "os.description", "os.name", "os.version"];
    if !NAMES.iter().any(|name| attempt.wants(name)) {
        return Ok(());
    }
    let mut text = None;
    for file in RELEASE_FILES {
        text = text.or(attempt.file(file)?);
    }
    let release = text.unwrap_or_default();
    let kernel = rustix::system::uname();
    let kernel_release = kernel.release().to_string_lossy();
    let words = [
        kernel.sysname().to_string_lossy(),
        kernel.nodename().to_string_lossy(),
        kernel_release.clone(),
        kernel.version().to_string_lossy(),
        kernel.machine().to_string_lossy(),
    ];
    let kernel_line = words.join(" ");
    found.put(
        "os.description",
        match title(&release) {
            Some(title) => format!("{title} ({kernel_line})"),
            None => kernel_line,
        },
    );
    found.put("os.build.id", value(&release, "BUILD_ID").unwrap_or_else(|| kernel_release.into()));
    let id = value(&release, "ID");
    let is_debian = id.as_deref() == Some("debian");
    found.put_some("os.name", id.map(|id| platform(&id).to_owned()));
    let version = match is_debian {
        true => attempt.file(DEBIAN_FILE)?.map(|text| text.trim().to_owned()),
        false => None,
    };
    found.put_some("os.version", version.or_else(|| value(&release, "VERSION_ID")));
    Ok(())
}

/// The value of a key, without its quotes.
fn value(release: &str, key: &str) -> Option<String> {
    let written = release.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='));
    let plain = written?.trim().trim_matches(['"', '\'']);
    (!plain.is_empty()).then(|| plain.to_owned())
}

fn title(release: &str) -> Option<String> {
    let version = value(release, "VERSION").or_else(|| value(release, "VERSION_ID"));
    match (value(release, "NAME"), version) {
        (Some(name), Some(version)) => Some(format!("{name} {version}")),
        _ => value(release, "PRETTY_NAME"),
    }
}

/// The Go collector's word for a system, where it is another.
fn platform(id: &str) -> &str {
    match id {
        "rhel" => "redhat",
        "amzn" => "amazon",
        other => other,
    }
}
