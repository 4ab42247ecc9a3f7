use super::*;
use crate::testing::settings::read;

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
struct Section {
    size: u32,
}

impl Default for Section {
    fn default() -> Self {
        Self { size: 7 }
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct All {
    none: NoneByDefault<Section>,
    null: DefaultOnNull<Section>,
    some: SomeByDefault<Section>,
}

fn check(text: &str, expected: [Option<u32>; 3]) {
    let all: All = read(text).unwrap();
    let size = |section: Option<&Section>| section.map(|section| section.size);
    let sizes = [size(all.none.get()), size(all.null.get()), size(all.some.get())];
    assert_eq!(sizes, expected, "{text}");
}

#[test]
fn sections_are_on_and_off_as_upstream_has_them() {
    check("{}", [None, None, Some(7)]);
    check("{none: ~, 'null': ~, some: ~}", [None, Some(7), Some(7)]);
    check("{none: {}, 'null': {}, some: {}}", [Some(7), Some(7), Some(7)]);
    check("{none: {size: 1}, 'null': {size: 2}, some: {size: 3}}", [Some(1), Some(2), Some(3)]);
    let off = "{enabled: false, size: 1}";
    check(&format!("{{none: {off}, 'null': {off}, some: {off}}}"), [None, None, None]);
    check("none: {enabled: true}", [Some(7), None, Some(7)]);
}

#[test]
fn what_is_switched_off_is_still_checked() {
    let error = read::<All>("some: {enabled: false, sise: 1}").unwrap_err();
    assert!(error.contains("unknown key \"sise\", did you mean \"size\"?"), "{error}");
    let error = read::<All>("some: {enabled: x}").unwrap_err();
    assert!(error.contains("expected 'true' or 'false' for 'enabled'"), "{error}");
}

#[test]
fn what_is_written_out_reads_as_the_same() {
    let off = "{none: {enabled: false}, 'null': {enabled: false}, some: {enabled: false}}";
    for text in ["{}", off, "{none: {}, 'null': {}}"] {
        let all: All = read(text).unwrap();
        let again: All = read(&serde_json::to_string(&all).unwrap()).unwrap();
        let states = |all: &All| [all.none.is_on(), all.null.is_on(), all.some.is_on()];
        assert_eq!(states(&all), states(&again), "{text}");
    }
}
