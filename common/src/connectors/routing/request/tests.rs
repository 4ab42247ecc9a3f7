use super::*;
use crate::pipeline::Details;

fn context(metadata: &[(&str, &str)]) -> RequestContext {
    let pairs = metadata.iter().map(|(key, value)| ((*key).into(), (*value).into()));
    RequestContext::new(Details { metadata: pairs.collect(), ..Details::default() })
}

fn matches(condition: &str, metadata: &[(&str, &str)]) -> bool {
    condition.parse::<RequestCondition>().unwrap().matches(&context(metadata))
}

#[test]
fn any_value_of_a_key_may_match() {
    let equal = r#"request["X-Tenant"] == "acme""#;
    assert!(matches(equal, &[("x-tenant", "acme")]));
    assert!(matches(equal, &[("x-tenant", "other"), ("x-tenant", "acme")]));
    assert!(!matches(equal, &[("x-tenant", "ACME"), ("tenant", "acme")]));
    let unequal = r#" request[ "x-tenant" ]!="acme" "#;
    assert!(matches(unequal, &[("x-tenant", "acme"), ("x-tenant", "other")]));
    assert!(!matches(unequal, &[("x-tenant", "acme")]));
}

#[test]
fn without_the_key_nothing_matches() {
    assert!(!matches(r#"request["k"] == """#, &[]));
    assert!(!matches(r#"request["k"] != "v""#, &[("other", "v")]));
}

#[test]
fn other_forms_are_errors() {
    for text in [
        "",
        "true",
        r#"request["k"]"#,
        r#"request["k"] = "v""#,
        r#"request["k"] == v"#,
        r#"request["k"] == "v" or true"#,
        r#"request["k"] == "v" or request["l"] == "w""#,
        r#"request[""] == "v""#,
        r#"request.k == "v""#,
        r#"resource["k"] == "v""#,
        r#"request["k"] == ""#,
    ] {
        let error = text.parse::<RequestCondition>().unwrap_err();
        assert!(error.to_string().ends_with(&format!("not `{text}`")), "{error}");
    }
}
