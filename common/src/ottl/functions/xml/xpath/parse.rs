//! Reads XPath.

use super::{AXES, Axis, Comparison, Expr, FUNCTIONS, Origin, Step, Test};

/// How deep brackets may stand in each other.
const MAX_DEPTH: usize = 32;

const COMPARISONS: [(&str, Comparison); 6] = [
    ("=", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

pub(super) fn parse(text: &str) -> Result<Expr> {
    let mut parser = Parser { rest: text, depth: 0 };
    let expr = parser.expr().map_err(|why| format!("the XPath {text:?} is not known: {why}"))?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(format!(
            "the XPath {text:?} is not known from {:?} on: known are paths with predicates, |, or, \
             and, comparisons and the functions {}",
            parser.rest,
            FUNCTIONS.map(|(name, ..)| name).join(", ")
        )),
    }
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

type Result<T> = std::result::Result<T, String>;

const fn is_name_start(char: char) -> bool {
    char.is_ascii_alphabetic() || char == '_' || !char.is_ascii()
}

const fn is_name_part(char: char) -> bool {
    is_name_start(char) || char.is_ascii_digit() || matches!(char, '-' | '.')
}

impl<'t> Parser<'t> {
    /// The next character behind white space.
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn eat(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, text: &str) -> Result<()> {
        if self.eat(text) {
            Ok(())
        } else {
            Err(format!("{text:?} is missing before {:?}", self.rest))
        }
    }

    fn word(&mut self) -> Option<&'t str> {
        self.peek().filter(|first| is_name_start(*first))?;
        let rest = self.rest;
        let word = rest.split_once(|char| !is_name_part(char)).map_or(rest, |(word, _)| word);
        self.rest = rest.get(word.len()..).unwrap_or_default();
        Some(word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let before = self.rest;
        let is_there = self.word() == Some(word);
        if !is_there {
            self.rest = before;
        }
        is_there
    }

    fn expr(&mut self) -> Result<Expr> {
        if self.depth >= MAX_DEPTH {
            return Err(format!("brackets stand in each other more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        let mut parts = vec![self.and()?];
        while self.eat_word("or") {
            parts.push(self.and()?);
        }
        self.depth -= 1;
        Ok(one_or(parts, Expr::Or))
    }

    fn and(&mut self) -> Result<Expr> {
        let mut parts = vec![self.comparison()?];
        while self.eat_word("and") {
            parts.push(self.comparison()?);
        }
        Ok(one_or(parts, Expr::And))
    }

    fn comparison(&mut self) -> Result<Expr> {
        let mut left = self.union()?;
        while let Some((_, comparison)) = COMPARISONS.into_iter().find(|(sign, _)| self.eat(sign)) {
            left = Expr::Compare(Box::new(left), comparison, Box::new(self.union()?));
        }
        Ok(left)
    }

    fn union(&mut self) -> Result<Expr> {
        let mut parts = vec![self.path()?];
        while self.eat("|") {
            parts.push(self.path()?);
        }
        Ok(one_or(parts, Expr::Union))
    }

    fn path(&mut self) -> Result<Expr> {
        if let Some(primary) = self.primary()? {
            let predicates = self.predicates()?;
            let steps = self.steps_behind()?;
            if predicates.is_empty() && steps.is_empty() {
                return Ok(primary);
            }
            return Ok(Expr::Path(Origin::Expr(Box::new(primary), predicates), steps));
        }
        if self.rest.starts_with("//") {
            return Ok(Expr::Path(Origin::Root, self.steps_behind()?));
        }
        if self.eat("/") {
            let has_step = self
                .peek()
                .is_some_and(|first| is_name_start(first) || matches!(first, '.' | '@' | '*'));
            let steps = if has_step { self.steps()? } else { Vec::new() };
            return Ok(Expr::Path(Origin::Root, steps));
        }
        Ok(Expr::Path(Origin::Here, self.steps()?))
    }

    /// A literal, a call or what stands in parentheses.
    fn primary(&mut self) -> Result<Option<Expr>> {
        let Some(first) = self.peek() else { return Err("it ends too early".to_owned()) };
        if let quote @ ('"' | '\'') = first {
            let inside = self.rest.get(1..).and_then(|rest| rest.split_once(quote));
            let (text, rest) = inside.ok_or("a quote has no end")?;
            self.rest = rest;
            return Ok(Some(Expr::Text(text.to_owned())));
        }
        if self.eat("(") {
            let inside = self.expr()?;
            self.expect(")")?;
            return Ok(Some(inside));
        }
        let second = self.rest.chars().nth(1);
        if first.is_ascii_digit() || first == '.' && second.is_some_and(|one| one.is_ascii_digit())
        {
            let is_digit = |char: char| char.is_ascii_digit() || char == '.';
            let rest = self.rest;
            let digits = rest.split_once(|char| !is_digit(char)).map_or(rest, |(one, _)| one);
            let number = digits.parse().map_err(|_| format!("{digits:?} is no number"))?;
            self.rest = rest.get(digits.len()..).unwrap_or_default();
            return Ok(Some(Expr::Number(number)));
        }
        let before = self.rest;
        match self.word() {
            Some(name) if !is_node_type(name) && self.eat("(") => self.call(name).map(Some),
            _ => {
                self.rest = before;
                Ok(None)
            }
        }
    }

    /// Behind the parenthesis.
    fn call(&mut self, name: &str) -> Result<Expr> {
        let found = FUNCTIONS.into_iter().find(|(known, ..)| *known == name);
        let Some((_, function, least, most)) = found else {
            let known = FUNCTIONS.map(|(name, ..)| name).join(", ");
            return Err(format!("there is no function {name}, only {known}"));
        };
        let mut arguments = Vec::new();
        if !self.eat(")") {
            loop {
                arguments.push(self.expr()?);
                if !self.eat(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        if !(least..=most).contains(&arguments.len()) {
            return Err(format!("{name} takes {least} to {most} arguments"));
        }
        Ok(Expr::Call(function, arguments))
    }

    fn predicates(&mut self) -> Result<Vec<Expr>> {
        let mut predicates = Vec::new();
        while self.eat("[") {
            predicates.push(self.expr()?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    /// Steps, if a slash begins them.
    fn steps_behind(&mut self) -> Result<Vec<Step>> {
        if self.eat("//") {
            let mut steps = Vec::new();
            self.step_below(&mut steps)?;
            return self.more_steps(steps);
        }
        if self.eat("/") { self.steps() } else { Ok(Vec::new()) }
    }

    fn steps(&mut self) -> Result<Vec<Step>> {
        let first = self.step()?;
        self.more_steps(vec![first])
    }

    fn more_steps(&mut self, mut steps: Vec<Step>) -> Result<Vec<Step>> {
        loop {
            if self.eat("//") {
                self.step_below(&mut steps)?;
            } else if self.eat("/") {
                steps.push(self.step()?);
            } else {
                return Ok(steps);
            }
        }
    }

    /// Behind `//`: the children of all nodes below are the nodes below, unless they are counted.
    fn step_below(&mut self, steps: &mut Vec<Step>) -> Result<()> {
        let mut last = self.step()?;
        if last.axis == Axis::Child && last.predicates.is_empty() {
            last.axis = Axis::Descendant;
        } else {
            steps.push(step(Axis::DescendantOrSelf, Test::Node));
        }
        steps.push(last);
        Ok(())
    }

    fn step(&mut self) -> Result<Step> {
        let mut found = if self.eat("..") {
            step(Axis::Parent, Test::Node)
        } else if self.eat(".") {
            step(Axis::Itself, Test::Node)
        } else if self.eat("@") {
            step(Axis::Attribute, self.test()?)
        } else {
            let before = self.rest;
            let axis = self.word().filter(|_| self.eat("::"));
            match axis {
                None => {
                    self.rest = before;
                    step(Axis::Child, self.test()?)
                }
                Some(name) => match AXES.into_iter().find(|(known, _)| *known == name) {
                    Some((_, axis)) => step(axis, self.test()?),
                    None => {
                        let known = AXES.map(|(name, _)| name).join(", ");
                        return Err(format!("there is no axis {name}, only {known}"));
                    }
                },
            }
        };
        found.predicates = self.predicates()?;
        Ok(found)
    }

    fn test(&mut self) -> Result<Test> {
        if self.eat("*") {
            return Ok(Test::AnyName);
        }
        let name =
            self.word().ok_or_else(|| format!("a name is missing before {:?}", self.rest))?;
        if is_node_type(name) && self.eat("(") {
            self.expect(")")?;
            return match name {
                "node" => Ok(Test::Node),
                "text" => Ok(Test::Text),
                "comment" => Ok(Test::Comment),
                _ => Err(format!("{name}() is none of node(), text(), comment()")),
            };
        }
        let Some(rest) = self.rest.strip_prefix(':').filter(|rest| !rest.starts_with(':')) else {
            return Ok(Test::Name { prefix: String::new(), local: name.to_owned() });
        };
        self.rest = rest;
        match self.word() {
            Some(local) => Ok(Test::Name { prefix: name.to_owned(), local: local.to_owned() }),
            None => Err(format!("a name is missing behind {name}:")),
        }
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}

const fn step(axis: Axis, test: Test) -> Step {
    Step { axis, test, predicates: Vec::new() }
}

fn one_or(mut parts: Vec<Expr>, many: impl FnOnce(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}
