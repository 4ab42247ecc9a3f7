use std::{io, sync::Arc};

use bytes::Bytes;

use super::{Claim, Damage, Log, Taken, state::Region};
use crate::storage::{
    File, StorageError,
    damaged::DamagedBytes,
    position::Position,
    progress::Span,
    record::{self, RECORD_HEADER_BYTES, RecordHeader},
    segment::{self, offset_of},
};

/// The segment that was read last stays open.
#[derive(Debug, Default)]
pub(super) struct Reader {
    open: Option<(u64, Arc<dyn File>)>,
}

/// What was read.
enum Step {
    Record(RecordHeader, Bytes),
    Lost(Span),
}

impl Log {
    /// Takes the records that come next, in order, at least one if there is one.
    ///
    /// # Errors
    ///
    /// If a segment cannot be read; nothing was taken then.
    pub fn next(&self, max_bytes: usize) -> Result<Vec<Taken>, StorageError> {
        let mut reader = self.reader.lock();
        loop {
            let region = self.state.lock().next_region();
            let Some(region) = region else { return Ok(Vec::new()) };
            let steps = self.read_region(&mut reader, &region, max_bytes)?;
            let mut state = self.state.lock();
            let mut taken = Vec::with_capacity(steps.len());
            for step in steps {
                match step {
                    Step::Record(header, body) => {
                        let claim = state.claim(header.start, header.items, header.body_bytes);
                        taken.push(Taken::Record { claim, body });
                    }
                    Step::Lost(span) => {
                        let damage = state.lose(span);
                        if damage != Damage::default() {
                            taken.push(Taken::Damaged(damage));
                        }
                    }
                }
            }
            if !taken.is_empty() {
                return Ok(taken);
            }
        }
    }

    fn read_region(
        &self,
        reader: &mut Reader,
        region: &Region,
        max_bytes: usize,
    ) -> Result<Vec<Step>, StorageError> {
        let failed = |source| self.segment_error("read", region.name, source);
        let file = match self.segment_file(reader, region.name) {
            Ok(file) => file,
            // Somebody removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(vec![Step::Lost(region.span)]);
            }
            Err(error) => return Err(failed(error)),
        };
        let from = offset_of(region.span.from.bytes, region.base);
        let all = usize::try_from(region.span.amount().bytes).unwrap_or(usize::MAX);
        let wanted = all.min(max_bytes.max(RECORD_HEADER_BYTES));
        let mut buffer = segment::read_up_to(&*file, from, wanted).map_err(failed)?;
        let first = RecordHeader::decode(&buffer).and_then(|header| {
            usize::try_from(header.total_bytes()).ok().filter(|total| *total > buffer.len())
        });
        if let Some(total) = first.filter(|total| *total <= all) {
            buffer = segment::read_up_to(&*file, from, total).map_err(failed)?;
        }
        let is_all = buffer.len() >= all || buffer.len() < wanted;
        let mut parsed = Parsed { steps: Vec::new(), at: region.span.from };
        let is_whole = parsed.parse(&Bytes::from(buffer), region.span.to);
        if !is_whole && (is_all || parsed.steps.is_empty()) {
            let to = next_intact(&*file, region, parsed.at).map_err(failed)?;
            parsed.steps.push(Step::Lost(Span { from: parsed.at, to }));
        }
        self.set_lost_aside(&*file, region, &parsed.steps);
        Ok(parsed.steps)
    }

    fn set_lost_aside(&self, file: &dyn File, region: &Region, steps: &[Step]) {
        for step in steps {
            if let Step::Lost(span) = step {
                let name = &segment::file_name(region.name);
                let [from, to] =
                    [span.from, span.to].map(|position| offset_of(position.bytes, region.base));
                DamagedBytes { file, name, from, to }.set_aside(&*self.files, &self.directory);
            }
        }
    }

    fn segment_file(&self, reader: &mut Reader, name: u64) -> io::Result<Arc<dyn File>> {
        if let Some((open, file)) = &reader.open
            && *open == name
        {
            return Ok(file.clone());
        }
        reader.open = None;
        let file: Arc<dyn File> = self.files.open(&segment::path(&self.directory, name))?.into();
        reader.open = Some((name, file.clone()));
        Ok(file)
    }

    /// Reads a record that was taken once more.
    ///
    /// # Errors
    ///
    /// If its segment cannot be read or its checksum does not fit.
    pub fn read(&self, claim: &Claim) -> Result<Bytes, StorageError> {
        loop {
            let start = claim.span().from;
            let read = self.read_at(claim, start);
            // A failure at a place from which it was copied away meanwhile says nothing.
            if read.is_ok() || claim.span().from == start {
                return read;
            }
        }
    }

    fn read_at(&self, claim: &Claim, start: Position) -> Result<Bytes, StorageError> {
        let place = self.state.lock().segment_of(start.sequence).map(|s| (s.name, s.base));
        let (name, base) = place.unwrap_or((start.sequence, start.bytes));
        let path = segment::path(&self.directory, name);
        let failed = |source| self.segment_error("read", name, source);
        let file = self.files.open(&path).map_err(failed)?;
        let total = RECORD_HEADER_BYTES.saturating_add(claim.bytes());
        let offset = offset_of(start.bytes, base);
        let bytes = Bytes::from(segment::read_up_to(&*file, offset, total).map_err(failed)?);
        let body = RecordHeader::decode(&bytes)
            .filter(|header| header.start == start && bytes.len() == total)
            .map(|header| (header, bytes.slice(RECORD_HEADER_BYTES..)))
            .filter(|(header, body)| record::checksum(&[body]) == header.body_checksum);
        body.map(|(_, body)| body).ok_or_else(|| StorageError::Damaged {
            path,
            sequence: start.sequence,
            damage: Damage { records: 1, items: u64::from(claim.items) },
        })
    }
}

/// What the bytes of a region hold.
struct Parsed {
    steps: Vec<Step>,
    at: Position,
}

impl Parsed {
    /// Takes whole records; returns false at the first bytes that are none, or not a whole one.
    fn parse(&mut self, buffer: &Bytes, to: Position) -> bool {
        let mut offset = 0;
        while self.at.sequence < to.sequence {
            let Some(header) = buffer.get(offset..).and_then(RecordHeader::decode) else {
                return false;
            };
            let body_start = offset.saturating_add(RECORD_HEADER_BYTES);
            let body_end = body_start.saturating_add(header.body_bytes as usize);
            let is_next = header.start == self.at && header.end().bytes <= to.bytes;
            if !is_next || body_end > buffer.len() {
                return false;
            }
            let body = buffer.slice(body_start..body_end);
            let end = header.end();
            self.steps.push(if record::checksum(&[&body]) == header.body_checksum {
                Step::Record(header, body)
            } else {
                Step::Lost(Span { from: self.at, to: end })
            });
            (offset, self.at) = (body_end, end);
        }
        true
    }
}

/// Returns where the next intact record begins, or the end of the region.
fn next_intact(file: &dyn File, region: &Region, at: Position) -> io::Result<Position> {
    let Region { base, span, .. } = *region;
    let (from, to) = (offset_of(at.bytes, base), offset_of(span.to.bytes, base));
    let is_next = |offset: u64, header: &RecordHeader| {
        segment::is_at(header, offset, base, at)
            && header.start.sequence > at.sequence
            && header.end().sequence <= span.to.sequence
            && header.end().bytes <= span.to.bytes
    };
    let found = segment::find_record(file, from.saturating_add(1), to, is_next)?;
    Ok(found.map_or(span.to, |(_, header)| header.start))
}
