//! XML: as maps, and by XPath taken out, put in, taken away and written otherwise.

mod edit;
mod maps;
mod token;
mod tree;
mod xpath;

use super::{Arg, Arguments, Converter, Function, Make};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        error::Error,
        failure::Failure,
        value::{Map, Value},
    },
};
use tree::Tree;
use xpath::{Found, XPath};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "ParseXML",
        parameters: &["target"],
        about: "the element of a text as a map with its tag, attributes, content and children",
        contexts: &[],
        make: Make::Converter(|arguments| parser(arguments, maps::parse)),
    },
    Function {
        name: "ParseSimplifiedXML",
        parameters: &["target"],
        about: "the elements of a text as a map by their names, without attributes",
        contexts: &[],
        make: Make::Converter(|arguments| parser(arguments, maps::parse_simplified)),
    },
    Function {
        name: "GetXML",
        parameters: &["target", "x_path"],
        about: "the elements, texts and attributes that an XPath picks, one after the other",
        contexts: &[],
        make: Make::Converter(|arguments| {
            let path = path(arguments.get("x_path")?)?;
            with_tree(arguments, move |tree| edit::get(&tree, &path))
        }),
    },
    Function {
        name: "RemoveXML",
        parameters: &["target", "x_path"],
        about: "the XML without what an XPath picks",
        contexts: &[],
        make: Make::Converter(|arguments| {
            let path = path(arguments.get("x_path")?)?;
            with_tree(arguments, move |mut tree| edit::remove(&mut tree, &path))
        }),
    },
    Function {
        name: "InsertXML",
        parameters: &["target", "x_path", "sub_document"],
        about: "the XML with another one at the end of each element that an XPath picks",
        contexts: &[],
        make: Make::Converter(insert),
    },
    Function {
        name: "ConvertAttributesToElementsXML",
        parameters: &["target", "x_path?"],
        about: "the XML with the attributes that an XPath picks, else all, as elements",
        contexts: &[],
        make: Make::Converter(attributes_to_elements),
    },
    Function {
        name: "ConvertTextToElementsXML",
        parameters: &["target", "x_path?", "element_name?"],
        about: "the XML with texts beside others or elements as elements of their own",
        contexts: &[],
        make: Make::Converter(text_to_elements),
    },
];

type Entries = Vec<(String, OwnedValue)>;

fn parser(
    arguments: &Arguments<'_>,
    parse: fn(&str) -> Result<Entries, Failure>,
) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    Ok(Converter::pure(move |view| Ok(Value::Map(Map::new(parse(&target.text(view)?)?)))))
}

fn path(given: Arg<'_>) -> Result<XPath, Error> {
    XPath::parse(&given.literal_text()?).map_err(|message| given.error(message))
}

/// A path that may be left out or be empty.
fn path_or(given: Option<Arg<'_>>, default: XPath) -> Result<XPath, Error> {
    match given {
        Some(given) if !given.literal_text()?.is_empty() => path(given),
        _ => Ok(default),
    }
}

/// A converter of a text to a text; of an empty one to an empty one.
fn with_tree(
    arguments: &Arguments<'_>,
    convert: impl Fn(Tree) -> Result<String, Failure> + Send + Sync + 'static,
) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    Ok(Converter::pure(move |view| {
        let text = target.text(view)?;
        if text.is_empty() {
            return Ok(Value::from(String::new()));
        }
        convert(Tree::parse(&text)?).map(Value::from)
    }))
}

fn insert(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let path = path(arguments.get("x_path")?)?;
    let inserted = arguments.get("sub_document")?.text()?;
    Ok(Converter::pure(move |view| {
        let text = target.text(view)?;
        let mut tree = if text.is_empty() { Tree::empty() } else { Tree::parse(&text)? };
        let inserted = inserted.text(view)?;
        edit::insert(&mut tree, &path, &inserted).map(Value::from)
    }))
}

fn attributes_to_elements(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let path = path_or(arguments.find("x_path"), XPath::all_attributes())?;
    Ok(Converter::pure(move |view| {
        let mut tree = Tree::parse(&target.text(view)?)?;
        edit::attributes_to_elements(&mut tree, &path).map(Value::from)
    }))
}

fn text_to_elements(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let path = path_or(arguments.find("x_path"), XPath::root())?;
    let name = match arguments.find("element_name") {
        Some(given) => given.literal_text()?,
        None => String::new(),
    };
    let name = if name.is_empty() { "value".to_owned() } else { name };
    Ok(Converter::pure(move |view| {
        let mut tree = Tree::parse(&target.text(view)?)?;
        edit::text_to_elements(&mut tree, &path, &name).map(Value::from)
    }))
}
