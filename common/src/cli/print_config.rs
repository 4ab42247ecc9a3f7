//! `print-config`: the config as it will apply.

use anyhow::bail;

use crate::{
    cli::{
        args::{Args, PrintConfig},
        load,
    },
    component::Registry,
    config::{
        effective,
        print::{self, Format},
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
    super::print(&print::print(&document, format)?);
    Ok(())
}
