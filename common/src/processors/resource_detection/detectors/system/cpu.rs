//! The first processor, as the kernel describes it.

use super::{Attempt, Detected};

const FILE: &str = "/proc/cpuinfo";

pub(super) fn put(found: &mut Detected, attempt: &Attempt<'_>) -> Result<(), String> {
    let text = attempt.file(FILE)?.ok_or_else(|| format!("{FILE} does not exist"))?;
    // Processors stand in paragraphs; on ARM, what they share may stand in a later one.
    let value = |keys: &[&str]| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            keys.contains(&key.trim()).then(|| value.trim().to_owned())
        })
    };
    let vendor = value(&["vendor_id"]);
    let implementer = || value(&["CPU implementer"]).map(|code| arm_vendor(&code).to_owned());
    found.put_some("host.cpu.vendor.id", vendor.or_else(implementer));
    found.put_some("host.cpu.family", value(&["cpu family"]));
    found.put_some("host.cpu.model.id", value(&["model", "CPU part"]));
    found.put_some("host.cpu.model.name", value(&["model name", "Model Name"]));
    let stepping = value(&["stepping", "CPU revision"]);
    found.put("host.cpu.stepping", stepping.unwrap_or_else(|| "0".to_owned()));
    let cache = value(&["cache size"]).and_then(|size| size.split(' ').next()?.parse::<i64>().ok());
    found.put("host.cpu.cache.l2.size", cache.unwrap_or_default());
    Ok(())
}

/// Who made an ARM processor; the code itself where nobody knows.
fn arm_vendor(code: &str) -> &str {
    match code {
        "0x41" => "ARM",
        "0x42" => "Broadcom",
        "0x43" => "Cavium",
        "0x46" => "FUJITSU",
        "0x48" => "HiSilicon",
        "0x4e" => "NVIDIA",
        "0x50" => "APM",
        "0x51" => "Qualcomm",
        "0x53" => "Samsung",
        "0x56" => "Marvell",
        "0x61" => "Apple",
        "0x69" => "Intel",
        "0xc0" => "Ampere",
        other => other,
    }
}
