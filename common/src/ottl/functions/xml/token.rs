//! The pieces of XML as Go's `encoding/xml` reads them: strictly, but without a look at a DTD.

use crate::ottl::failure::Failure;

/// A piece.
#[derive(Debug)]
pub(super) enum Token {
    /// A tag that opens an element, and whether it closes it too.
    Start(Name, Vec<Attribute>, bool),
    End(Name),
    Text(String),
    CData(String),
    Comment(String),
    /// What stands in `<?target content?>`.
    Instruction(String, String),
    /// What stands in `<!content>`.
    Directive(String),
}

/// The name of an element or attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Empty if there is none.
    pub(super) prefix: String,
    pub(super) local: String,
}

#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) name: Name,
    pub(super) value: String,
}

pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

type Result<T> = std::result::Result<T, Failure>;

impl<'t> Tokens<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The next piece; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token>> {
        if self.rest().is_empty() {
            return Ok(None);
        }
        if !self.eat("<") {
            return self.text().map(|text| Some(Token::Text(text)));
        }
        let token = if self.eat("/") {
            let name = self.name()?;
            self.skip_space();
            self.expect(">")?;
            Token::End(name)
        } else if self.eat("?") {
            self.instruction()?
        } else if self.eat("!--") {
            self.comment()?
        } else if self.eat("![CDATA[") {
            let inside = self.take_until("]]>")?;
            Token::CData(self.readable(inside.replace("\r\n", "\n").replace('\r', "\n"))?)
        } else if self.eat("!") {
            self.directive()?
        } else {
            self.start()?
        };
        Ok(Some(token))
    }

    /// Whether all was read.
    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn wrong<T>(&self, why: &str) -> Result<T> {
        Err(Failure::new(format!("this is no XML: {why} at byte {}", self.at)))
    }

    fn eat(&mut self, text: &str) -> bool {
        let is_there = self.rest().starts_with(text);
        if is_there {
            self.at += text.len();
        }
        is_there
    }

    fn expect(&mut self, text: &str) -> Result<()> {
        if self.eat(text) { Ok(()) } else { self.wrong(&format!("expected {text:?}")) }
    }

    fn take_until(&mut self, end: &str) -> Result<&'t str> {
        match self.rest().split_once(end) {
            Some((before, _)) => {
                self.at += before.len() + end.len();
                Ok(before)
            }
            None => self.wrong(&format!("there is no {end:?}")),
        }
    }

    fn skip_space(&mut self) {
        let trimmed = self.rest().trim_start_matches([' ', '\t', '\r', '\n']);
        self.at = self.text.len() - trimmed.len();
    }

    /// A name as it stands.
    fn word(&mut self) -> Result<&'t str> {
        let is_part = |char: char| {
            !char.is_ascii()
                || char.is_ascii_alphanumeric()
                || matches!(char, '_' | ':' | '.' | '-')
        };
        let rest = self.rest();
        let word = rest.split_once(|char| !is_part(char)).map_or(rest, |(word, _)| word);
        let mut chars = word.chars();
        let begins =
            chars.next().is_some_and(|first| first.is_alphabetic() || "_:".contains(first));
        let goes_on =
            |char: char| char.is_alphanumeric() || !char.is_ascii() && !char.is_whitespace();
        if !begins || !chars.all(|char| goes_on(char) || "_:.-".contains(char)) {
            return self.wrong("a name is missing or has a character that no name can have");
        }
        self.at += word.len();
        Ok(word)
    }

    fn name(&mut self) -> Result<Name> {
        let word = self.word()?;
        match word.split_once(':') {
            Some((_, local)) if local.contains(':') => self.wrong("a name has two colons"),
            Some((prefix, local)) if !prefix.is_empty() && !local.is_empty() => {
                Ok(Name { prefix: prefix.to_owned(), local: local.to_owned() })
            }
            _ => Ok(Name { prefix: String::new(), local: word.to_owned() }),
        }
    }

    fn start(&mut self) -> Result<Token> {
        let name = self.name()?;
        let mut attributes = Vec::new();
        loop {
            self.skip_space();
            if self.eat("/") {
                self.expect(">")?;
                return Ok(Token::Start(name, attributes, true));
            }
            if self.eat(">") {
                return Ok(Token::Start(name, attributes, false));
            }
            let name = self.name()?;
            self.skip_space();
            self.expect("=")?;
            self.skip_space();
            let quote = if self.eat("\"") {
                "\""
            } else if self.eat("'") {
                "'"
            } else {
                return self.wrong("the value of an attribute has no quotes");
            };
            let raw = self.take_until(quote)?;
            if raw.contains('<') {
                return self.wrong("the value of an attribute has a <");
            }
            attributes.push(Attribute { name, value: self.unescaped(raw)? });
        }
    }

    fn instruction(&mut self) -> Result<Token> {
        let target = self.word()?.to_owned();
        self.skip_space();
        let content = self.take_until("?>")?;
        if target == "xml" {
            if !matches!(parameter("version", content), "" | "1.0") {
                return self.wrong("the version is not 1.0");
            }
            let encoding = parameter("encoding", content).to_ascii_lowercase();
            let is_known = match encoding.as_str() {
                "" | "utf-8" => true,
                // These have the same bytes.
                "ascii" | "us-ascii" | "latin1" | "iso-8859-1" | "windows-1252" => {
                    self.text.is_ascii()
                }
                _ => false,
            };
            if !is_known {
                return self.wrong("the encoding is not UTF-8");
            }
        }
        Ok(Token::Instruction(target, content.to_owned()))
    }

    fn comment(&mut self) -> Result<Token> {
        let comment = self.take_until("--")?;
        self.expect(">")?;
        Ok(Token::Comment(comment.to_owned()))
    }

    /// Such as a DTD: angle brackets in it come in pairs, but for those in quotes and comments.
    fn directive(&mut self) -> Result<Token> {
        let mut content = String::new();
        let mut quote = None;
        let mut depth = 0_usize;
        while let Some(char) = self.rest().chars().next() {
            let is_first = content.is_empty();
            if quote.is_none() && !is_first && self.eat("<!--") {
                self.take_until("-->")?;
                content.push(' ');
                continue;
            }
            self.at += char.len_utf8();
            match char {
                // The first character is taken as it is.
                _ if is_first => {}
                '>' if quote.is_none() && depth == 0 => return Ok(Token::Directive(content)),
                '>' if quote.is_none() => depth -= 1,
                '<' if quote.is_none() => depth += 1,
                '"' | '\'' if quote.is_none() => quote = Some(char),
                _ if quote == Some(char) => quote = None,
                _ => {}
            }
            content.push(char);
        }
        self.wrong("a directive has no end")
    }

    fn text(&mut self) -> Result<String> {
        let rest = self.rest();
        let raw = rest.split_once('<').map_or(rest, |(text, _)| text);
        if raw.contains("]]>") {
            return self.wrong("the text has a ]]>");
        }
        let text = self.unescaped(raw)?;
        self.at += raw.len();
        Ok(text)
    }

    /// Puts in what entities stand for; ends of lines become one character.
    fn unescaped(&self, raw: &str) -> Result<String> {
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find(['&', '\r']) {
            let (before, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
            out.push_str(before);
            if let Some(behind) = behind.strip_prefix('\r') {
                out.push('\n');
                rest = behind.strip_prefix('\n').unwrap_or(behind);
                continue;
            }
            let inside = behind.strip_prefix('&').and_then(|behind| behind.split_once(';'));
            let Some((char, behind)) = inside.and_then(|(name, rest)| Some((entity(name)?, rest)))
            else {
                return self.wrong("an & does not begin an entity that is known");
            };
            out.push(char);
            rest = behind;
        }
        out.push_str(rest);
        self.readable(out)
    }

    fn readable(&self, text: String) -> Result<String> {
        let is_wrong = |char: char| matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
        if text.contains(is_wrong) {
            return self.wrong("a text has a character that XML does not allow");
        }
        Ok(text)
    }
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => {
            let digits = name.strip_prefix('#')?;
            let (digits, base) = match digits.strip_prefix('x') {
                Some(digits) => (digits, 16),
                None => (digits, 10),
            };
            if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
                return None;
            }
            match u32::from_str_radix(digits, base).ok()? {
                half @ 0xd800..0xe000 => char::from_u32(half).or(Some(char::REPLACEMENT_CHARACTER)),
                code => char::from_u32(code),
            }
        }
    }
}

/// The value in quotes behind a name in a declaration; empty if there is none.
fn parameter<'t>(name: &str, content: &'t str) -> &'t str {
    let mut rest = content;
    while let Some(at) = rest.find(name) {
        rest = rest.get(at + name.len()..).unwrap_or_default();
        let Some(value) = rest.strip_prefix('=') else { continue };
        for quote in ['"', '\''] {
            if let Some(value) = value.strip_prefix(quote) {
                return value.split_once(quote).map_or("", |(value, _)| value);
            }
        }
    }
    ""
}
