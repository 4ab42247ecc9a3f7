//! Who is connected to one server, how many may be, and who has to leave.
//!
//! A full server closes connections that have no call, those first that have had none for longest, so
//! that however many sit idle, the next client is served.

use std::{cmp::Reverse, collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    guest::{Clock, Fault, Guest},
    patience::Patience,
};

/// The pause between two looks at who is there, and the precision of all waits for clients.
const TICK: Duration = Duration::from_millis(500);
/// The same while a server waits for the last of them to go.
const STOPPING_TICK: Duration = Duration::from_millis(10);
/// For the last words with a client that has to leave.
const PARTING_GRACE: Duration = Duration::from_millis(200);

/// The connections of one server.
#[derive(Debug)]
pub(super) struct Guests {
    most: usize,
    patience: Patience,
    clock: Arc<Clock>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    guests: HashMap<u64, Arc<Guest>>,
    next_id: u64,
    leaving: usize,
}

/// One connection's entry, as long as it is open.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) guest: Arc<Guest>,
    /// How many were there when it came.
    pub(super) others: usize,
    guests: Arc<Guests>,
    id: u64,
}

impl Entry {
    /// Lets a connection be served until its end, or until it has to leave.
    pub(super) async fn attend(self, serving: impl Future<Output = ()>) {
        let guest = &self.guest;
        let parting = async {
            guest.leaving().await;
            // What says that we close gets through, and a client that hears it stops calling.
            sleep(PARTING_GRACE).await;
            while guest.may_linger() {
                sleep(TICK).await;
            }
        };
        tokio::select! {
            () = serving => {}
            () = parting => {}
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut table = self.guests.table.lock();
        if table.guests.remove(&self.id).is_some() && self.guest.is_going() {
            table.leaving = table.leaving.saturating_sub(1);
        }
    }
}

impl Guests {
    /// A server's table for at most so many connections.
    pub(super) fn new(most: usize, patience: Patience) -> Self {
        Self { most, patience, clock: Arc::new(Clock::start()), table: Mutex::default() }
    }

    /// Enters a connection. If there are nearly too many, others are told to leave, a few at once so that
    /// not each one that comes has to look for another.
    pub(super) fn enter(self: &Arc<Self>) -> Entry {
        let guest = Arc::new(Guest::new(Arc::clone(&self.clock)));
        let mut table = self.table.lock();
        self.make_room(&mut table, self.most / 64);
        let (id, others) = (table.next_id, table.guests.len());
        table.next_id += 1;
        table.guests.insert(id, Arc::clone(&guest));
        drop(table);
        Entry { guest, others, guests: Arc::clone(self), id }
    }

    /// Tells as many to leave as there are too many, and some more.
    fn make_room(&self, table: &mut Table, more: usize) {
        // Those that leave still have their places for a moment, which the next must not wait for.
        let wanted = (self.most - (self.most / 16).max(1).min(self.most)).max(1);
        let staying = table.guests.len().saturating_sub(table.leaving);
        if staying < wanted {
            return;
        }
        let count = staying - wanted + more.max(1);
        let mut idle: Vec<_> = table
            .guests
            .iter()
            .filter(|(_, guest)| !guest.is_leaving())
            .filter_map(|(id, guest)| {
                guest.dispensability().map(|value| (value, Reverse(*id), guest))
            })
            .collect();
        let count = count.min(idle.len());
        if count == 0 {
            return;
        }
        idle.select_nth_unstable_by_key(count - 1, |(value, id, _)| Reverse((*value, *id)));
        let leaving = idle.iter().take(count).filter(|(.., guest)| guest.leave()).count();
        table.leaving += leaving;
        tracing::debug!(count, most = self.most, "closing connections without a call to make room");
    }

    /// Sends those away that do not keep to the rules, until the server stops and all are gone.
    pub(super) async fn watch(&self, stopping: &CancellationToken) {
        let started = Instant::now();
        loop {
            let is_stopping = stopping.is_cancelled();
            if is_stopping && self.table.lock().guests.is_empty() {
                return;
            }
            tokio::select! {
                () = sleep(if is_stopping { STOPPING_TICK } else { TICK }) => {}
                () = stopping.cancelled(), if !is_stopping => {}
            }
            self.clock.set(started.elapsed());
            self.look_around();
        }
    }

    fn look_around(&self) {
        let mut table = self.table.lock();
        for guest in table.guests.values() {
            guest.read_on();
            match guest.fault(&self.patience) {
                Some(Fault::Slow(what)) if guest.expel() => {
                    tracing::debug!(what, "closing a connection that keeps us waiting");
                }
                Some(Fault::Idle) => {
                    guest.leave();
                }
                Some(Fault::Slow(_)) | None => {}
            }
        }
        // Who lingers takes a place like everybody else.
        table.leaving = table.guests.values().filter(|guest| guest.is_going()).count();
        // Who could not be let in when everybody had just come is let in now.
        self.make_room(&mut table, self.most / 8);
    }
}

#[cfg(test)]
mod tests;
