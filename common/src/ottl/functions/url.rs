//! `URL`.

mod escape;
mod parse;

use super::{Arguments, Converter, Function, Make};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        error::Error,
        failure::Failure,
        value::{Map, Value},
    },
};
use escape::{Part, lossy, unescape};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "URL",
    parameters: &["uri"],
    about: "the parts of a URL as a map with the names of the semantic conventions, such as \
            url.domain; of a query alone, which begins with ?, its parameters",
    contexts: &[],
    make: Make::Converter(url),
}];

/// Go refuses longer queries.
const MAX_PARAMETERS: usize = 10_000;

fn url(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let uri = arguments.get("uri")?.text()?;
    Ok(Converter::pure(move |view| {
        let text = uri.text(view)?;
        let entries = match text.strip_prefix('?') {
            Some(query) => parameters(query)?,
            None if text.is_empty() => return Err(Failure::new("an empty text is no URL")),
            None => fields(&parse::Url::parse(&text)?)?,
        };
        Ok(Value::Map(Map::new(entries)))
    }))
}

fn fields(url: &parse::Url<'_>) -> Result<Vec<(String, OwnedValue)>, Failure> {
    let mut entries = Vec::new();
    let mut put = |key: &str, value: OwnedValue| entries.push((key.to_owned(), value));
    let path = lossy(url.path.clone());
    let host = lossy(url.host.clone());
    let (domain, port) = parse::domain_and_port(&host);
    put("url.original", OwnedValue::Str(url.written()));
    put("url.domain", OwnedValue::Str(domain.to_owned()));
    put("url.scheme", OwnedValue::Str(url.scheme.clone()));
    put("url.path", OwnedValue::Str(path.clone()));
    if !port.is_empty() {
        let number = port.parse().map_err(|_| Failure::new(format!("{port:?} is no port")))?;
        put("url.port", OwnedValue::Int(number));
    }
    if !url.fragment.is_empty() {
        put("url.fragment", OwnedValue::Str(lossy(url.fragment.clone())));
    }
    if let Some(user) = &url.user {
        put("url.user_info", OwnedValue::Str(user.written()));
        if !user.name.is_empty() {
            put("url.username", OwnedValue::Str(lossy(user.name.clone())));
        }
        if let Some(password) = &user.password {
            put("url.password", OwnedValue::Str(lossy(password.clone())));
        }
    }
    if !url.query.is_empty() {
        put("url.query", OwnedValue::Str(url.query.to_owned()));
    }
    if let Some((_, extension)) = path.rsplit_once('.').filter(|(_, end)| !end.is_empty()) {
        put("url.extension", OwnedValue::Str(extension.to_owned()));
    }
    Ok(entries)
}

fn parameters(query: &str) -> Result<Vec<(String, OwnedValue)>, Failure> {
    let mut found: Vec<(String, OwnedValue)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (count, parameter) in query.split('&').enumerate() {
        if count >= MAX_PARAMETERS {
            let message = format!("the query has more than {MAX_PARAMETERS} parameters");
            return Err(Failure::new(message));
        }
        if parameter.contains(';') {
            return Err(Failure::new("a semicolon cannot stand in a query"));
        }
        if parameter.is_empty() {
            continue;
        }
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let key = lossy(unescape(key, Part::Query)?);
        let value = OwnedValue::Str(lossy(unescape(value, Part::Query)?));
        let place = *places.entry(key.clone()).or_insert(found.len());
        match found.get_mut(place) {
            Some((_, OwnedValue::Array(values))) => values.push(value),
            _ => found.push((key, OwnedValue::Array(vec![value]))),
        }
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![("query".to_owned(), OwnedValue::KvList(found))])
}
