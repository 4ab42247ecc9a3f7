//! The request that is put together: headers, and ranges of the one that came.

use std::ops::Range;

use crate::wire::writer::{header_len, put_bytes_field, put_header};

/// What stands in a message behind its header.
#[derive(Debug)]
enum Child<'a> {
    /// A message of the list of nodes.
    Node(usize),
    /// A whole field as it came.
    Kept(&'a [u8]),
    /// A whole field in the buffer of edited ones.
    Edited(Range<usize>),
}

/// A message that is put together.
#[derive(Debug)]
struct Node<'a> {
    number: u32,
    header: Vec<u8>,
    children: Vec<Child<'a>>,
    len: usize,
}

/// A request that is put together. Messages are told by their place in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Assembly<'a> {
    nodes: Vec<Node<'a>>,
    roots: Vec<usize>,
    edited: Vec<u8>,
}

impl<'a> Assembly<'a> {
    /// Bytes that keeping an item takes beside it.
    pub(super) const CHILD_BYTES: usize = size_of::<Child<'_>>();
    /// Bytes that a message takes beside its header.
    pub(super) const NODE_BYTES: usize = 2 * size_of::<Node<'_>>();

    /// Begins a message in another, or in the request.
    pub(super) fn begin(&mut self, parent: Option<usize>, number: u32, header: Vec<u8>) -> usize {
        let index = self.nodes.len();
        self.nodes.push(Node { number, header, children: Vec::new(), len: 0 });
        match parent {
            Some(parent) => self.put(parent, Child::Node(index)),
            None => self.roots.push(index),
        }
        index
    }

    /// Adds a field as it came.
    pub(super) fn keep(&mut self, parent: usize, field: &'a [u8]) {
        self.put(parent, Child::Kept(field));
    }

    /// Adds a field with another content.
    pub(super) fn put_edited(&mut self, parent: usize, number: u32, content: &[u8]) {
        let start = self.edited.len();
        put_bytes_field(&mut self.edited, number, content);
        self.put(parent, Child::Edited(start..self.edited.len()));
    }

    fn put(&mut self, parent: usize, child: Child<'a>) {
        if let Some(node) = self.nodes.get_mut(parent) {
            node.children.push(child);
        }
    }

    /// How many messages the request has.
    pub(super) const fn roots(&self) -> usize {
        self.roots.len()
    }

    /// The encoded request.
    pub(super) fn finish(mut self) -> Vec<u8> {
        // A message is made after the one that it is in.
        for index in (0..self.nodes.len()).rev() {
            let len = self.nodes.get(index).map_or(0, |node| {
                let inside: usize = node.children.iter().map(|child| self.child_len(child)).sum();
                node.header.len() + inside
            });
            if let Some(node) = self.nodes.get_mut(index) {
                node.len = len;
            }
        }
        let len = self.roots.iter().map(|root| self.field_len(*root)).sum();
        let mut out = Vec::with_capacity(len);
        self.roots.iter().for_each(|root| self.write(*root, &mut out));
        out
    }

    fn child_len(&self, child: &Child<'_>) -> usize {
        match child {
            Child::Node(index) => self.field_len(*index),
            Child::Kept(field) => field.len(),
            Child::Edited(range) => range.len(),
        }
    }

    fn field_len(&self, index: usize) -> usize {
        self.nodes.get(index).map_or(0, |node| header_len(node.number, node.len) + node.len)
    }

    /// Messages stand four deep at most.
    fn write(&self, index: usize, out: &mut Vec<u8>) {
        let Some(node) = self.nodes.get(index) else { return };
        put_header(out, node.number, node.len);
        out.extend_from_slice(&node.header);
        for child in &node.children {
            match child {
                Child::Node(index) => self.write(*index, out),
                Child::Kept(field) => out.extend_from_slice(field),
                Child::Edited(range) => {
                    out.extend_from_slice(self.edited.get(range.clone()).unwrap_or_default());
                }
            }
        }
    }
}
