//! The rules of uap-core: patterns in the order in which they are tried, and what each makes of a match.

use std::{
    convert::Infallible,
    sync::{Arc, LazyLock, OnceLock},
};

use crate::{ottl::functions::kept::Kept, settings::Pattern};

pub(super) const AGENTS: &str = include_str!("../../../../data/uap-core/user_agents.tsv");
pub(super) const SYSTEMS: &str = include_str!("../../../../data/uap-core/operating_systems.tsv");

/// Most user agents come again and again, and a pass over all rules costs many times a look at this.
const MAX_REMEMBERED: usize = 1024;
/// Longer ones are looked up each time, so that what is remembered is bounded in bytes.
const MAX_REMEMBERED_BYTES: usize = 1024;

/// One for all statements.
pub(super) static LISTS: LazyLock<Lists> = LazyLock::new(Lists::new);

/// What is told by user agents, and what was told of the last ones.
pub(super) struct Lists {
    agents: Vec<Rule>,
    systems: Vec<Rule>,
    remembered: Kept<Found>,
}

/// What a user agent is, and what it runs on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) agent: Named,
    pub(super) system: Named,
}

/// A name and a version, which may be empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) version: String,
}

/// A pattern with the templates of the name and of each part of the version.
pub(super) struct Rule {
    /// What each match holds: all patterns take 57 MB, those that are needed a part of it.
    pub(super) needed: &'static str,
    written: &'static str,
    compiled: OnceLock<Option<Pattern>>,
    templates: [&'static str; PARTS],
}

/// The name, and up to four numbers of a version.
const PARTS: usize = 5;
/// What stands for a template that is not there.
const GROUPS: [&str; PARTS] = ["$1", "$2", "$3", "$4", "$5"];

impl Lists {
    pub(super) fn new() -> Self {
        let remembered = Kept::new(MAX_REMEMBERED);
        Self { agents: rules(AGENTS), systems: rules(SYSTEMS), remembered }
    }

    /// Looks a user agent up.
    pub(super) fn find(&self, agent: &str) -> Arc<Found> {
        if agent.len() > MAX_REMEMBERED_BYTES {
            return Arc::new(self.found(agent));
        }
        let Ok(found) = self.remembered.get(agent, || Ok::<_, Infallible>(self.found(agent)));
        found
    }

    fn found(&self, agent: &str) -> Found {
        Found {
            agent: named(&self.agents, agent, PARTS - 1),
            system: named(&self.systems, agent, PARTS),
        }
    }
}

pub(super) fn rules(list: &'static str) -> Vec<Rule> {
    list.lines().map(Rule::new).collect()
}

impl Rule {
    fn new(line: &'static str) -> Self {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap_or_default();
        Self {
            needed: field(),
            written: field(),
            compiled: OnceLock::new(),
            templates: GROUPS.map(|group| match field() {
                "" => group,
                template => template,
            }),
        }
    }

    /// Nothing for what is no pattern; a test says that each is.
    pub(super) fn pattern(&self) -> Option<&Pattern> {
        self.compiled.get_or_init(|| Pattern::new(self.written).ok()).as_ref()
    }
}

/// What the first rule says that matches and gives a name.
fn named(rules: &[Rule], agent: &str, parts: usize) -> Named {
    let mut texts: [String; PARTS] = Default::default();
    for rule in rules {
        if !agent.contains(rule.needed) {
            continue;
        }
        let Some(pattern) = rule.pattern() else { continue };
        let Some(groups) = pattern.captures(agent) else { continue };
        for (text, template) in texts.iter_mut().zip(rule.templates).take(parts) {
            text.clear();
            pattern.expand(template, &groups, text);
        }
        if texts.first().is_some_and(|name| !name.is_empty()) {
            break;
        }
    }
    let [name, major, rest @ ..] = texts;
    let name = if name.is_empty() { "Other".to_owned() } else { name };
    let rest = rest.into_iter().filter(|part| !part.is_empty());
    Named { name, version: rest.fold(major, |version, part| version + "." + &part) }
}
