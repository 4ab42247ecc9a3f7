//! From Go's syntax of regular expressions to that of the engine here.

use std::{fmt::Write as _, str::Chars};

/// Go refuses higher counts.
const MAX_REPEAT: u32 = 1000;

const POSIX_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// A pattern for the engine, and the names of its groups.
pub(super) struct Translated {
    pub(super) pattern: String,
    /// Kept apart, since Go allows names that the engine does not, and the same name twice.
    pub(super) groups: Vec<String>,
}

/// Writes a pattern anew. What both syntaxes refuse is left to the engine to refuse.
pub(super) fn translate(pattern: &str) -> Result<Translated, &'static str> {
    let mut translator =
        Translator { rest: pattern.chars(), out: String::new(), groups: Vec::new() };
    while let Some(char) = translator.rest.next() {
        match char {
            '\\' => translator.escape()?,
            '[' => translator.class()?,
            '(' => translator.group()?,
            '{' => translator.brace()?,
            other => translator.out.push(other),
        }
    }
    Ok(Translated { pattern: translator.out, groups: translator.groups })
}

struct Translator<'p> {
    rest: Chars<'p>,
    out: String,
    groups: Vec<String>,
}

impl Translator<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn eat(&mut self, text: &str) -> bool {
        let after = self.rest.as_str().strip_prefix(text);
        if let Some(after) = after {
            self.rest = after.chars();
        }
        after.is_some()
    }

    /// Goes behind the next `end` and returns what stands before it.
    fn take_until(&mut self, end: &str) -> Option<&str> {
        let (before, after) = self.rest.as_str().split_once(end)?;
        self.rest = after.chars();
        Some(before)
    }

    fn put_literal(&mut self, char: char) {
        if char.is_alphanumeric() {
            self.out.push(char);
        } else {
            self.put_fmt(format_args!("\\x{{{:X}}}", u32::from(char)));
        }
    }

    fn put_fmt(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        self.out.write_fmt(text).unwrap_or_default();
    }

    /// Behind a backslash outside a class.
    fn escape(&mut self) -> Result<(), &'static str> {
        match self.peek() {
            Some(edge @ ('b' | 'B')) => {
                self.rest.next();
                self.put_fmt(format_args!(r"(?-u:\{edge})"));
            }
            Some(end @ ('A' | 'z')) => {
                self.rest.next();
                self.put_fmt(format_args!(r"\{end}"));
            }
            Some('Q') => {
                self.rest.next();
                let rest = self.rest.as_str();
                let (quoted, after) = rest.split_once(r"\E").unwrap_or((rest, ""));
                self.rest = after.chars();
                quoted.chars().for_each(|char| self.put_literal(char));
            }
            _ if self.shorthand()? => {}
            _ => {
                let char = self.escaped_char()?;
                self.put_literal(char);
            }
        }
        Ok(())
    }

    /// A class of characters behind a backslash; may stand in another class.
    fn shorthand(&mut self) -> Result<bool, &'static str> {
        let class = match self.peek() {
            Some('d') => "[0-9]",
            Some('D') => "[^0-9]",
            Some('s') => r"[\t\n\f\r ]",
            Some('S') => r"[^\t\n\f\r ]",
            Some('w') => "[0-9A-Za-z_]",
            Some('W') => "[^0-9A-Za-z_]",
            Some(letter @ ('p' | 'P')) => {
                self.rest.next();
                if self.eat("{") {
                    let name = self.take_until("}").ok_or("a name after \\p{ has no end")?;
                    let class = format!("\\{letter}{{{name}}}");
                    self.out.push_str(&class);
                } else {
                    let name = self.rest.next().ok_or("a class must be named after \\p")?;
                    self.put_fmt(format_args!("\\{letter}{name}"));
                }
                return Ok(true);
            }
            _ => return Ok(false),
        };
        self.rest.next();
        self.out.push_str(class);
        Ok(true)
    }

    /// One character behind a backslash.
    fn escaped_char(&mut self) -> Result<char, &'static str> {
        let char = self.rest.next().ok_or("a backslash at the end escapes nothing")?;
        let is_octal = self.peek().is_some_and(|next| next.is_digit(8));
        Ok(match char {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => return self.hex_char(),
            '0' => self.octal_char(0),
            '1'..='7' if is_octal => self.octal_char(u32::from(char) - u32::from('0')),
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => other,
            _ => return Err("an escape sequence is unknown"),
        })
    }

    fn hex_char(&mut self) -> Result<char, &'static str> {
        const WRONG: &str = "\\x must be followed by two hex digits, or some in braces";
        let digits: String = if self.eat("{") {
            self.take_until("}").ok_or(WRONG)?.to_owned()
        } else {
            self.rest.by_ref().take(2).collect()
        };
        let is_hex = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_hexdigit());
        let code = is_hex.then(|| u32::from_str_radix(&digits, 16).ok()).flatten();
        code.and_then(char::from_u32).ok_or(WRONG)
    }

    /// Up to three octal digits, of which one is read already.
    fn octal_char(&mut self, first: u32) -> char {
        let mut code = first;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|next| next.to_digit(8)) else { break };
            code = code * 8 + digit;
            self.rest.next();
        }
        char::from_u32(code).unwrap_or_default()
    }

    /// Behind the bracket that opens a class.
    fn class(&mut self) -> Result<(), &'static str> {
        self.out.push('[');
        if self.eat("^") {
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            // A closing bracket that stands first is one of the characters.
            if !is_first && self.eat("]") {
                self.out.push(']');
                return Ok(());
            }
            is_first = false;
            if self.posix_class()? {
                continue;
            }
            if self.peek() == Some('\\') {
                let before = self.rest.clone();
                self.rest.next();
                if self.shorthand()? {
                    continue;
                }
                self.rest = before;
            }
            let low = self.class_char()?;
            self.put_literal(low);
            if self.rest.as_str().starts_with('-') && !self.rest.as_str().starts_with("-]") {
                self.rest.next();
                let high = self.class_char()?;
                self.out.push('-');
                self.put_literal(high);
            }
        }
    }

    fn posix_class(&mut self) -> Result<bool, &'static str> {
        let Some((name, after)) =
            self.rest.as_str().strip_prefix("[:").and_then(|rest| rest.split_once(":]"))
        else {
            return Ok(false);
        };
        if !POSIX_CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err("a class between [: and :] is unknown");
        }
        self.rest = after.chars();
        self.put_fmt(format_args!("[:{name}:]"));
        Ok(true)
    }

    fn class_char(&mut self) -> Result<char, &'static str> {
        match self.rest.next() {
            Some('\\') => self.escaped_char(),
            Some(char) => Ok(char),
            None => Err("a class is not closed"),
        }
    }

    /// Behind the parenthesis that opens a group.
    fn group(&mut self) -> Result<(), &'static str> {
        self.out.push('(');
        if !self.eat("?") {
            self.groups.push(String::new());
        } else if self.eat("P<") || self.eat("<") {
            let name = self.take_until(">").ok_or("the name of a group is not closed")?.to_owned();
            let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
            if name.is_empty() || !name.chars().all(is_word) {
                return Err("the name of a group may have letters, digits and underscores only");
            }
            self.groups.push(name);
        } else {
            self.out.push('?');
            loop {
                let flag = self.rest.next().ok_or("a group is not closed")?;
                self.out.push(flag);
                match flag {
                    ':' | ')' => break,
                    'i' | 'm' | 's' | 'U' | '-' => {}
                    _ => return Err("after (? only a name or the flags i, m, s and U may stand"),
                }
            }
        }
        Ok(())
    }

    /// Behind a brace, which is a character where no count follows.
    fn brace(&mut self) -> Result<(), &'static str> {
        let Some((counts, after)) = self.rest.as_str().split_once('}') else {
            self.put_literal('{');
            return Ok(());
        };
        let (min, max) = counts.split_once(',').unwrap_or((counts, ""));
        let is_count = |text: &str| {
            text.bytes().all(|digit| digit.is_ascii_digit())
                && (text == "0" || !text.starts_with('0'))
        };
        if min.is_empty() || !is_count(min) || !is_count(max) {
            self.put_literal('{');
            return Ok(());
        }
        let is_low = |count: &str| {
            count.is_empty() || count.parse().is_ok_and(|count: u32| count <= MAX_REPEAT)
        };
        if !is_low(min) || !is_low(max) {
            return Err("a count is over 1000");
        }
        self.put_fmt(format_args!("{{{counts}}}"));
        self.rest = after.chars();
        Ok(())
    }
}
