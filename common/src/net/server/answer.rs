//! The body of an answer, which keeps its call running until the transport has it all.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};

use super::guest::Call;

/// A body with the call that it answers.
#[derive(Debug)]
pub(in crate::net) struct Answer<B> {
    body: B,
    _call: Call,
}

impl<B> Answer<B> {
    /// Turns the answer to a call into one that the call lasts as long as.
    pub(in crate::net) fn to(mut call: Call, response: http::Response<B>) -> http::Response<Self> {
        call.answered();
        response.map(|body| Self { body, _call: call })
    }
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
