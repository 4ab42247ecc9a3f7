//! Bars for the README: CPU time per item of each collector.

use std::fmt::Write as _;

use crate::results::{Results, Row};

/// Figures of these scenarios are shown, at this phase.
const GROUPS: [&str; 4] = ["through", "batch", "processors", "durable"];
const PHASE: &str = "40k/s";
const WIDTH: f64 = 890.0;
const LABELS: f64 = 330.0;
/// Beside the longest bar, its number.
const MARGIN: f64 = 70.0;
const BAR: f64 = 12.0;
const GAP: f64 = 10.0;
const COLOURS: [&str; 4] = ["#2f6f4f", "#8fa3bf", "#c9a66b", "#b07aa1"];

impl Results {
    /// A picture of requests of 1,000 over gRPC.
    pub(crate) fn chart(&self) -> String {
        let subjects: Vec<_> = self.subjects().into_iter().filter(|name| name != "rig").collect();
        let rows: Vec<Row> = self
            .rows(None)
            .into_iter()
            .filter(|row| GROUPS.contains(&&*row.group) && row.phase == PHASE)
            .filter(|row| row.scenario.contains("gRPC") && row.scenario.contains(", 1000"))
            .collect();
        let median = |row: &Row, subject: &str| {
            self.spread(row, subject, "cpu_ns_per_item").map(|spread| spread.median)
        };
        let most = rows
            .iter()
            .flat_map(|row| subjects.iter().filter_map(|subject| median(row, subject)))
            .fold(1.0, f64::max);
        let scale = (WIDTH - LABELS - MARGIN) / most;
        let (mut body, mut y) = (String::new(), 48.0);
        for row in &rows {
            text(&mut body, (LABELS - 8.0, y + BAR), "end", &row.scenario.replace(", 1000", ""));
            for (subject, colour) in subjects.iter().zip(COLOURS) {
                let Some(nanos) = median(row, subject) else { continue };
                let width = nanos * scale;
                writeln!(
                    body,
                    "<rect x=\"{LABELS}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"{BAR}\" \
                     fill=\"{colour}\"/>"
                )
                .ok();
                let place = (LABELS + width + 4.0, y + BAR - 2.0);
                text(&mut body, place, "start", &format!("{nanos:.0}"));
                y += BAR + 1.0;
            }
            y += GAP;
        }
        let mut legend = String::new();
        let mut x = LABELS;
        for (subject, colour) in subjects.iter().zip(COLOURS) {
            writeln!(
                legend,
                "<rect x=\"{x}\" y=\"26\" width=\"12\" height=\"12\" fill=\"{colour}\"/>"
            )
            .ok();
            text(&mut legend, (x + 16.0, 36.0), "start", subject);
            x += 100.0;
        }
        text(
            &mut legend,
            (8.0, 16.0),
            "start",
            "CPU nanoseconds per item at 40,000 items/s, 1,000 items a request, one core",
        );
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y:.0}\" \
             viewBox=\"0 0 {WIDTH} {y:.0}\" font-family=\"sans-serif\" font-size=\"11\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{legend}{body}</svg>\n"
        )
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, content: &str) {
    let content = content.replace('&', "&amp;").replace('<', "&lt;");
    writeln!(svg, "<text x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"{anchor}\">{content}</text>").ok();
}
