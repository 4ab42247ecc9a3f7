//! docs/ottl.md: its tables of paths and functions are those of the code.

use std::fmt::Write as _;

use common::{
    ottl::{
        Context,
        functions::{Function, Functions},
        path,
    },
    processors::{filter_functions, transform_functions},
};
use tests::collector::root;

/// Set by `make docs`: the page is written instead of compared.
const WRITE: &str = "TERCET_WRITE_DOCS";
const PAGE: &str = "docs/ottl.md";

/// The functions of the Collector's v0.159.0: its standard ones, and those of `transform` and `filter`.
const UPSTREAM: &str = "\
    All Any Base64Decode Base64Encode Bool Coalesce CommunityID Concat ContainsValue \
    ConvertAttributesToElementsXML ConvertCase ConvertTextToElementsXML Day Decode Double \
    Duration ExtractGrokPatterns ExtractPatterns FNV Filter Find Format FormatTime GetXML \
    HasAttrKeyOnDatapoint HasAttrOnDatapoint HasPrefix HasSuffix Hex Hour Hours Index InsertXML \
    Int IsBool IsDouble IsEmpty IsInCIDR IsInt IsList IsMap IsMatch IsRootSpan IsString \
    IsValidLuhn Keys Len Log MD5 MapEach MapKeys Microseconds Milliseconds Minute Minutes Month \
    Murmur3Hash Murmur3Hash128 Nanosecond Nanoseconds Now ParseCEF ParseCLF ParseCSV ParseELF \
    ParseInt ParseJSON ParseKeyValue ParseLEEF ParseSeverity ParseSimplifiedXML ParseXML \
    ProfileID Reduce RemoveXML SHA1 SHA256 SHA512 Second Seconds SliceToMap Sort SpanID Split \
    String Substring Time ToCamelCase ToKeyValueString ToLowerCase ToSnakeCase ToUpperCase \
    TraceID Trim TrimPrefix TrimSuffix TruncateTime URL UUID UUIDv7 Unix UnixMicro UnixMilli \
    UnixNano UnixSeconds UserAgent Values Weekday When XXH128 XXH3 Year \
    aggregate_on_attribute_value aggregate_on_attributes append \
    convert_exponential_histogram_to_histogram convert_gauge_to_sum convert_sum_to_gauge \
    convert_summary_count_val_to_sum convert_summary_quantile_val_to_gauge \
    convert_summary_sum_val_to_sum copy_metric delete_index delete_key delete_matching_keys \
    extract_count_metric extract_percentile_metric extract_sum_metric flatten keep_keys \
    keep_matching_keys limit merge_histogram_buckets merge_maps replace_all_matches \
    replace_all_patterns replace_match replace_pattern scale_metric set set_semconv_span_name \
    stringify_all truncate_all \
    ";

#[test]
fn the_ottl_page_is_up_to_date() {
    let path = root().join(PAGE);
    let before = std::fs::read_to_string(&path).unwrap();
    let after = with_region(&before, "paths", &paths());
    let after = with_region(&after, "functions", &functions());
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, after).unwrap();
        return;
    }
    assert!(before == after, "{PAGE} is behind the code: run make docs");
}

/// The page with another text between `<!-- name -->` and the next `<!-- end -->`.
fn with_region(page: &str, name: &str, text: &str) -> String {
    let (before, rest) = page.split_once(&format!("<!-- {name} -->")).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}<!-- {name} -->\n{text}<!-- end -->{after}")
}

fn paths() -> String {
    let mut table = "| context | its own fields | also |\n|---|---|---|\n".to_owned();
    for context in Context::ALL {
        let mut fields: Vec<String> =
            path::names(context).map(|name| format!("`{name}`")).collect();
        fields.push("`cache`".to_owned());
        let outer = context.reachable().iter().skip(1).map(|outer| format!("`{}`", outer.name()));
        let outer: Vec<String> = outer.collect();
        writeln!(table, "| `{}` | {} | {} |", context.name(), fields.join(", "), outer.join(", "))
            .unwrap();
    }
    table
}

fn functions() -> String {
    let (transform, filter) = (transform_functions(), filter_functions());
    let mut all: Vec<&Function> = transform.iter().collect();
    all.extend(filter.iter().filter(|one| transform.find(one.name).is_none()));
    let missing = UPSTREAM.split(' ').filter(|name| !all.iter().any(|one| one.name == *name));
    let mut rows: Vec<(&str, String)> = missing
        .filter(|name| !name.is_empty())
        .map(|name| {
            (name, format!("| `{name}` | not available: an error when the collector starts | |"))
        })
        .collect();
    rows.extend(all.iter().map(|one| (one.name, row(one, &transform, &filter))));
    rows.sort();
    let mut table = "| function | what it does | where |\n|---|---|---|\n".to_owned();
    rows.iter().for_each(|(_, row)| writeln!(table, "{row}").unwrap());
    table
}

fn row(function: &Function, transform: &Functions, filter: &Functions) -> String {
    let name = format!("`{}({})`", function.name, function.parameters.join(", "));
    let mut places: Vec<String> = Vec::new();
    match (transform.find(function.name), filter.find(function.name)) {
        (Some(_), None) => places.push("`transform`".to_owned()),
        (None, Some(_)) => places.push("`filter`".to_owned()),
        _ => {}
    }
    places.extend(function.contexts.iter().map(|context| context.name().to_owned()));
    format!("| {name} | {} | {} |", function.about.replace('|', "\\|"), places.join(", "))
}
