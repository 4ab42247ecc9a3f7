use super::*;

#[test]
fn no_name_is_listed_twice() {
    for (index, listed) in CATALOGUE.iter().enumerate() {
        for name in listed.aliases.iter().chain([&listed.name]) {
            let others = CATALOGUE.iter().enumerate().filter(|(other, entry)| {
                *other != index
                    && entry.kind == listed.kind
                    && (entry.name == *name || entry.aliases.contains(name))
            });
            assert_eq!(others.count(), 0, "{name} is listed twice");
        }
    }
}

#[test]
fn old_spellings_lead_to_the_component() {
    assert_eq!(find(Exporter, "logging").map(|listed| listed.name), Some("debug"));
    assert_eq!(find(Receiver, "hostmetrics").map(|listed| listed.is_available), Some(false));
    assert_eq!(find(Receiver, "nonesuch"), None);
}
