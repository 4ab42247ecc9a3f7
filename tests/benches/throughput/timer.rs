//! Ticks of the kernel's own timer: those of the runtime come to the millisecond only.

use std::{os::fd::OwnedFd, time::Duration};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::{io::unix::AsyncFd, time::Instant};

/// A timer that ticks for ever.
pub(crate) struct Timer {
    descriptor: AsyncFd<OwnedFd>,
    started: Instant,
    pause: Duration,
    ticks: u64,
}

impl Timer {
    /// Starts one.
    pub(crate) fn every(pause: Duration) -> anyhow::Result<Self> {
        let descriptor = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK)?;
        let pause = pause.max(Duration::from_nanos(1));
        let spec =
            Timespec { tv_sec: pause.as_secs() as i64, tv_nsec: pause.subsec_nanos().into() };
        let times = Itimerspec { it_interval: spec, it_value: spec };
        let started = Instant::now();
        timerfd_settime(&descriptor, TimerfdTimerFlags::empty(), &times)?;
        #[expect(
            deprecated,
            reason = "the other way in is unsafe; this descriptor owns what it names"
        )]
        let descriptor = AsyncFd::new(descriptor)?;
        Ok(Self { descriptor, started, pause, ticks: 0 })
    }

    /// Waits for the next tick; the times of all that have passed.
    pub(crate) async fn due(&mut self) -> anyhow::Result<impl Iterator<Item = Instant> + use<>> {
        let mut count = [0; 8];
        loop {
            let mut ready = self.descriptor.readable().await?;
            let read = ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut count)?));
            if let Ok(read) = read {
                read?;
                break;
            }
        }
        let first = self.ticks + 1;
        self.ticks += u64::from_ne_bytes(count);
        let (started, pause) = (self.started, self.pause);
        Ok((first..=self.ticks).map(move |tick| started + pause.mul_f64(tick as f64)))
    }
}
