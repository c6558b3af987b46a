//! How many reports the control plane has taken, from its metrics.

/// The counter of answered requests, and how those that count are labelled.
const COUNTER: &str = "steadfast_http_requests_total{";
const LABELS: [&str; 2] = ["route=\"/agent/v1/report\"", "status=\"200\""];

/// Reports that were answered with 200 so far.
#[must_use]
pub fn taken(metrics: &str) -> u64 {
    let lines = metrics.lines().filter_map(|line| line.strip_prefix(COUNTER)?.split_once("} "));
    let reports = lines.filter(|(labels, _)| LABELS.iter().all(|label| labels.contains(label)));
    reports.filter_map(|(_, count)| count.trim().parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reports_that_were_taken_count() {
        let text = "\
# TYPE steadfast_http_requests counter
steadfast_http_requests_total{service=\"agent\",method=\"POST\",route=\"/agent/v1/report\",status=\"200\"} 41
steadfast_http_requests_total{service=\"agent\",method=\"POST\",route=\"/agent/v1/report\",status=\"409\"} 3
steadfast_http_requests_total{service=\"agent\",method=\"POST\",route=\"/agent/v1/list\",status=\"200\"} 7
# EOF
";
        assert_eq!(taken(text), 41);
        assert_eq!(taken(""), 0);
    }
}
