//! Writing records: all or none of a batch, with one sync.

use std::{io, sync::Arc};

use super::{Log, NewRecord};
use crate::storage::{
    File, StorageError,
    position::Position,
    record::{self, RECORD_HEADER_BYTES, RecordHeader},
    segment,
};

/// Where records are written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// The position of the next record.
    pub end: Position,
    /// None: the next record begins a segment.
    pub active: Option<Active>,
}

/// The segment that records are appended to.
#[derive(Debug)]
pub(super) struct Active {
    pub first: Position,
    pub file: Arc<dyn File>,
    /// What is behind this was never finished.
    pub len: u64,
}

/// Records that are on disk.
#[derive(Debug)]
pub(super) struct Written {
    pub records: Vec<RecordHeader>,
    /// Where their segment begins.
    pub segment: Position,
    pub file_bytes: u64,
}

impl Log {
    pub(super) fn write(
        &self,
        writer: &mut Writer,
        records: &[NewRecord<'_>],
    ) -> Result<Written, StorageError> {
        let headers = headers(records, writer.end)?;
        let end = headers.last().map_or(writer.end, RecordHeader::end);
        let bytes = end.bytes.saturating_sub(writer.end.bytes);
        let is_full = |active: &Active| {
            let is_started = active.len > segment::HEADER_BYTES;
            is_started && active.len.saturating_add(bytes) > self.settings.segment_bytes
        };
        if writer.active.as_ref().is_some_and(is_full) {
            self.seal(writer);
        }
        let encoded: Vec<[u8; RECORD_HEADER_BYTES]> =
            headers.iter().map(RecordHeader::encode).collect();
        let mut parts: Vec<&[u8]> = Vec::new();
        for (header, record) in encoded.iter().zip(records) {
            parts.push(header);
            parts.extend(record.body.iter().filter(|part| !part.is_empty()));
        }
        if headers.is_empty() {
            return Ok(Written { records: headers, segment: writer.end, file_bytes: 0 });
        }
        let (segment, file_bytes) = match writer.active.take() {
            Some(active) => self.write_on(writer, active, &parts, bytes)?,
            None => self.write_first(writer, parts, bytes)?,
        };
        writer.end = end;
        Ok(Written { records: headers, segment, file_bytes })
    }

    /// Appends to the active segment. If it cannot be brought back to what it was, it is given up.
    fn write_on(
        &self,
        writer: &mut Writer,
        mut active: Active,
        parts: &[&[u8]],
        bytes: u64,
    ) -> Result<(Position, u64), StorageError> {
        let name = active.first.sequence;
        if let Err(error) = active.file.write_all_at(parts, active.len) {
            // Synced, so that what was refused does not come back.
            match active.file.set_len(active.len).and_then(|()| active.file.sync_data()) {
                Ok(()) => writer.active = Some(active),
                Err(_) => self.give_up(name),
            }
            return Err(self.segment_error("write", name, error));
        }
        if self.is_synced()
            && let Err(error) = active.file.sync_data()
        {
            // What the system still has in memory is unknown now, so nothing is written there again.
            self.give_up(name);
            drop(active.file.set_len(active.len));
            return Err(self.segment_error("sync", name, error));
        }
        active.len = active.len.saturating_add(bytes);
        let place = (active.first, active.len);
        writer.active = Some(active);
        Ok(place)
    }

    /// Begins a segment with its first records.
    fn write_first(
        &self,
        writer: &mut Writer,
        records: Vec<&[u8]>,
        bytes: u64,
    ) -> Result<(Position, u64), StorageError> {
        let first = writer.end;
        let path = segment::path(&self.directory, first.sequence);
        let header = segment::header(first);
        let mut parts: Vec<&[u8]> = vec![&header];
        parts.extend(records);
        let write = || -> Result<Arc<dyn File>, (&'static str, io::Error)> {
            let file = self.files.create(&path).map_err(|error| ("create", error))?;
            file.write_all_at(&parts, 0).map_err(|error| ("write", error))?;
            if self.is_synced() {
                file.sync_data().map_err(|error| ("sync", error))?;
                self.files.sync_dir(&self.directory).map_err(|error| ("sync", error))?;
            }
            Ok(file.into())
        };
        match write() {
            Ok(file) => {
                let len = segment::HEADER_BYTES.saturating_add(bytes);
                writer.active = Some(Active { first, file, len });
                Ok((first, len))
            }
            Err((operation, error)) => {
                // If it cannot be removed, the next attempt empties it.
                drop(self.files.remove(&path).and_then(|()| self.files.sync_dir(&self.directory)));
                Err(self.segment_error(operation, first.sequence, error))
            }
        }
    }

    /// Ends the active segment; without the footer, which a full disk refuses, it is read in full at the
    /// next start.
    pub(super) fn seal(&self, writer: &mut Writer) {
        let Some(active) = writer.active.take() else { return };
        let footer = segment::footer(writer.end);
        let mut len = active.len;
        match active.file.write_all_at(&[&footer], active.len) {
            Ok(()) => len = len.saturating_add(footer.len() as u64),
            Err(_) => drop(active.file.set_len(active.len)),
        }
        let mut state = self.state.lock();
        state.set_active(active.first.sequence, false);
        state.set_file_bytes(active.first.sequence, len);
    }

    fn give_up(&self, first: u64) {
        self.state.lock().set_active(first, false);
    }

    pub(super) fn segment_error(
        &self,
        operation: &'static str,
        name: u64,
        source: io::Error,
    ) -> StorageError {
        StorageError::io(operation, &segment::path(&self.directory, name), source)
    }
}

fn headers(
    records: &[NewRecord<'_>],
    mut start: Position,
) -> Result<Vec<RecordHeader>, StorageError> {
    let mut headers = Vec::with_capacity(records.len());
    for (index, record) in (0..).zip(records) {
        let bytes = record.body.iter().map(|part| part.len()).sum();
        let body_bytes = u32::try_from(bytes).map_err(|_| StorageError::TooLarge { bytes })?;
        let body_checksum = record::checksum(record.body);
        let items = record.items;
        let header = RecordHeader { start, items, index, body_bytes, body_checksum };
        start = header.end();
        headers.push(header);
    }
    Ok(headers)
}
