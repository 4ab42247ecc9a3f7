//! `print-config`: the config as it will apply.

use std::io::Write as _;

use anyhow::bail;

use crate::{
    cli::{
        args::{Args, PrintConfig},
        load,
    },
    component::Registry,
    config::{
        Batching, Config, effective,
        print::{self, Format},
        validate::Validator,
    },
    settings::Unredacted,
    telemetry::BuildInfo,
};

pub(super) async fn print(
    args: &Args,
    options: &PrintConfig,
    registry: &Registry,
    build_info: &BuildInfo,
) -> Result<(), anyhow::Error> {
    let is_open = match &*options.mode {
        "redacted" => false,
        "unredacted" => true,
        other => bail!("invalid mode {other:?}: modes are: redacted, unredacted"),
    };
    let format = match &*options.format {
        "yaml" => Format::Yaml,
        "json" => Format::Json,
        other => bail!("invalid format {other:?}: formats are: yaml, json"),
    };
    let config = if options.validate {
        load::prepare(args, registry, build_info).await?.config
    } else {
        load::sources(args).read().await?.0
    };
    let _open = is_open.then(Unredacted::open);
    let document = effective::effective(&config, registry);
    let text = print::print(&document, format)?;
    let lines = batching(&config, registry, build_info);
    match format {
        Format::Yaml => super::print(&(comments(&lines) + &text)),
        Format::Json => {
            for line in lines {
                drop(writeln!(std::io::stderr(), "{line}"));
            }
            super::print(&text);
        }
    }
    Ok(())
}

/// Where batches run, which the document itself does not show.
fn batching(config: &Config, registry: &Registry, build_info: &BuildInfo) -> Vec<String> {
    let plan = Validator::new(config, registry, &build_info.command).plan();
    Batching::of(config, &plan, registry).lines()
}

fn comments(lines: &[String]) -> String {
    lines.iter().map(|line| format!("# {line}\n")).collect()
}
