//! SIGKILL at random moments under load.

use std::time::Duration;

use super::{PATIENCE, settle_and_check};
use crate::chaos::{
    config::Exporter,
    run::{Allowed, Rig, Run},
};

/// The config that most people run, with its queue on disk.
pub(super) async fn durable(run: &mut Run) -> anyhow::Result<()> {
    let rig = run.durable_rig().await;
    kill_again_and_again(run, rig).await
}

/// The same promise without any queue: the client waits for the backend.
pub(super) async fn synchronous(run: &mut Run) -> anyhow::Result<()> {
    let backend = run.backend().await;
    let exporter = Exporter::unqueued("backend", backend.address);
    let rig = run.rig(backend, exporter);
    kill_again_and_again(run, rig).await
}

async fn kill_again_and_again(run: &mut Run, mut rig: Rig) -> anyhow::Result<()> {
    rig.subject.start().await?;
    let load = run.load(&rig.config);
    let mut slowest = Duration::ZERO;
    for _ in 0..run.size.faults {
        run.acknowledged(1, PATIENCE).await?;
        let longest = run.pick(150, 1500);
        run.some_time(0..longest).await;
        slowest = slowest.max(run.kill_and_restart(&mut rig).await?);
    }
    run.acknowledged(1, PATIENCE).await?;
    load.stop(PATIENCE).await;
    run.note(format!("slowest start {slowest:?}"));
    settle_and_check(run, &mut rig, Allowed::default()).await
}
