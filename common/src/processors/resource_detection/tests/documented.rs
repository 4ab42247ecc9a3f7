//! The page on detectors.

use std::{fs, path::Path};

use super::known::KNOWN;

#[test]
fn the_page_lists_every_detector_with_its_attributes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/resource-detection.md");
    let page = fs::read_to_string(path).unwrap();
    for known in KNOWN {
        let named = |is_on: bool| -> Vec<String> {
            let named = known.attributes.iter().filter(|(_, on)| *on == is_on);
            named.map(|(name, _)| format!("`{name}`")).collect()
        };
        let row = format!(
            "| `{}` | {} | {} |",
            known.name,
            named(true).join(", "),
            named(false).join(", ")
        );
        if !known.attributes.is_empty() && known.name != "k8snode" {
            assert!(page.contains(&row), "the page needs the row\n{row}");
        }
        assert!(page.contains(&format!("`{}`", known.name)), "{}", known.name);
    }
}
