//! URLs as Go's `net/url` takes them apart.

use std::net::Ipv6Addr;

use super::escape::{Part, escape, is_written, unescape};
use crate::ottl::failure::Failure;

/// The parts of a URL.
#[derive(Debug, Default)]
pub(super) struct Url<'t> {
    pub(super) scheme: String,
    pub(super) user: Option<User>,
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) query: &'t str,
    pub(super) fragment: Vec<u8>,
    /// What stands behind a scheme without a slash.
    opaque: &'t str,
    path_text: &'t str,
    fragment_text: &'t str,
    has_mark: bool,
    has_authority: bool,
}

/// Who asks.
#[derive(Debug)]
pub(super) struct User {
    pub(super) name: Vec<u8>,
    pub(super) password: Option<Vec<u8>>,
}

fn wrong<T>(why: &'static str) -> Result<T, Failure> {
    Err(Failure::new(format!("this is no URL: {why}")))
}

impl<'t> Url<'t> {
    pub(super) fn parse(text: &'t str) -> Result<Self, Failure> {
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = Self::without_fragment(before)?;
        url.fragment = unescape(fragment, Part::Fragment)?;
        url.fragment_text = fragment;
        Ok(url)
    }

    fn without_fragment(text: &'t str) -> Result<Self, Failure> {
        if text.bytes().any(|byte| byte.is_ascii_control()) {
            return wrong("it has a control character");
        }
        if text == "*" {
            return Ok(Self { path: b"*".to_vec(), path_text: text, ..Self::default() });
        }
        let (scheme, mut rest) = scheme(text)?;
        let mut url = Self { scheme: scheme.to_ascii_lowercase(), ..Self::default() };
        if let Some((before, query)) = rest.split_once('?') {
            (rest, url.query, url.has_mark) = (before, query, query.is_empty());
        }
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                url.opaque = rest;
                return Ok(url);
            }
            if first_segment(rest).contains(':') {
                return wrong("the first part of its path has a colon");
            }
        }
        let begins_host = !url.scheme.is_empty() || !rest.starts_with("///");
        if let Some(authority) = rest.strip_prefix("//").filter(|_| begins_host) {
            let end = authority.find('/').unwrap_or(authority.len());
            let (authority, path) = authority.split_at_checked(end).unwrap_or((authority, ""));
            (url.user, url.host) = self::authority(authority)?;
            url.has_authority = true;
            rest = path;
        } else if url.scheme.is_empty() || !rest.starts_with('/') {
            url.has_authority = true;
        }
        url.path = unescape(rest, Part::Path)?;
        url.path_text = rest;
        Ok(url)
    }

    /// The URL as Go writes it.
    pub(super) fn written(&self) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme);
            out.push(':');
        }
        if self.opaque.is_empty() {
            self.write_authority(&mut out);
            self.write_path(&mut out);
        } else {
            out.push_str(self.opaque);
        }
        if self.has_mark || !self.query.is_empty() {
            out.push('?');
            out.push_str(self.query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            write(self.fragment_text, &self.fragment, Part::Fragment, &mut out);
        }
        out
    }

    fn write_authority(&self, out: &mut String) {
        let has_host = !self.host.is_empty() || self.user.is_some();
        if !has_host && (self.scheme.is_empty() || !self.has_authority) {
            return;
        }
        if has_host || !self.path.is_empty() {
            out.push_str("//");
        }
        if let Some(user) = &self.user {
            out.push_str(&user.written());
            out.push('@');
        }
        escape(&self.host, Part::Host, out);
    }

    fn write_path(&self, out: &mut String) {
        let mut path = String::new();
        write(self.path_text, &self.path, Part::Path, &mut path);
        if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
            out.push('/');
        }
        if out.is_empty() && first_segment(&path).contains(':') {
            out.push_str("./");
        }
        out.push_str(&path);
    }
}

/// What was read stays as it was if it is well written.
fn write(text: &str, bytes: &[u8], part: Part, out: &mut String) {
    if is_written(text, part) { out.push_str(text) } else { escape(bytes, part, out) }
}

impl User {
    /// The name and the password with a colon between them.
    pub(super) fn written(&self) -> String {
        let mut out = String::new();
        escape(&self.name, Part::User, &mut out);
        if let Some(password) = &self.password {
            out.push(':');
            escape(password, Part::User, &mut out);
        }
        out
    }
}

fn first_segment(path: &str) -> &str {
    path.split_once('/').map_or(path, |(first, _)| first)
}

/// The scheme, which may be missing, and what stands behind it.
fn scheme(text: &str) -> Result<(&str, &str), Failure> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    match text.split_once(':') {
        Some(("", _)) => wrong("its scheme is missing"),
        Some((scheme, rest))
            if scheme.bytes().all(is_part)
                && scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) =>
        {
            Ok((scheme, rest))
        }
        _ => Ok(("", text)),
    }
}

type Authority = (Option<User>, Vec<u8>);

fn authority(text: &str) -> Result<Authority, Failure> {
    let Some((user, host)) = text.rsplit_once('@') else {
        return Ok((None, host(text)?));
    };
    let host = self::host(host)?;
    let is_right = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(is_right) {
        return wrong("its user has a character that must be escaped");
    }
    let (name, password) = match user.split_once(':') {
        Some((name, password)) => (name, Some(unescape(password, Part::User)?)),
        None => (user, None),
    };
    Ok((Some(User { name: unescape(name, Part::User)?, password }), host))
}

fn host(text: &str) -> Result<Vec<u8>, Failure> {
    match text.rfind('[') {
        Some(0) => bracketed(text),
        Some(_) => wrong("a bracket stands in its host"),
        None => match text.rfind(':').and_then(|colon| text.get(colon..)) {
            Some(port) if !is_port(port) => wrong("its port is no number"),
            _ => unescape(text, Part::Host),
        },
    }
}

/// An address of IP version 6.
fn bracketed(text: &str) -> Result<Vec<u8>, Failure> {
    let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.rsplit_once(']'))
    else {
        return wrong("a bracket in its host has no end");
    };
    if !is_port(port) {
        return wrong("its port is no number");
    }
    let (plain, zone) = match address.find("%25").and_then(|at| address.split_at_checked(at)) {
        Some((plain, zone)) => (plain, zone),
        None => (address, ""),
    };
    let mut bytes = unescape(plain, Part::Host)?;
    let is_address = std::str::from_utf8(&bytes).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok());
    let zone = unescape(zone, Part::Zone)?;
    if !is_address || zone == b"%" {
        return wrong("an address in brackets is none of IP version 6");
    }
    bytes.insert(0, b'[');
    bytes.extend(zone);
    bytes.push(b']');
    bytes.extend(port.as_bytes());
    Ok(bytes)
}

fn is_port(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|one| one.is_ascii_digit()))
}

/// The host without brackets, and the digits of the port.
pub(super) fn domain_and_port(host: &str) -> (&str, &str) {
    let colon = host.rfind(':').and_then(|colon| host.split_at_checked(colon));
    let (name, port) = match colon {
        Some((name, port)) if is_port(port) => (name, port.trim_start_matches(':')),
        _ => (host, ""),
    };
    let inside = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    (inside.unwrap_or(name), port)
}
