//! A statement as one HTML page: no network, no script, readable on paper.

use maud::{DOCTYPE, html};

use super::{COLUMNS, Statement};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}\
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}.lead{font-size:1.1rem}ul{margin:0;padding-left:1.2rem}\
table{border-collapse:collapse;width:100%;font-size:.85rem}th,td{text-align:left;padding:.2rem .5rem .2rem 0;border-bottom:1px solid #ddd;\
vertical-align:top;font-weight:400}thead th{color:#555}tbody th{overflow-wrap:anywhere}td{font-variant-numeric:tabular-nums}footer{margin-top:2rem;border-top:1px solid #ccc;padding-top:.6rem;color:#555;font-size:.85rem}\
@media (prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}thead th,footer{color:#aaa}th,td,footer{border-color:#444}}\
@media print{body{margin:0;max-width:none}}";

pub(super) fn render(statement: &Statement) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (statement.title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (statement.title) }
                    p class="lead" { (statement.lead) }
                    @for section in &statement.sections {
                        section {
                            h2 { (section.heading) }
                            @if !section.lines.is_empty() {
                                ul { @for line in &section.lines { li { (line) } } }
                            }
                            @if !section.rows.is_empty() {
                                table {
                                    thead { tr { @for column in COLUMNS { th scope="col" { (column) } } } }
                                    tbody {
                                        @for [measure, cells @ ..] in &section.rows {
                                            tr { th scope="row" { (measure) } @for cell in cells { td { (cell) } } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                footer { (statement.source) }
            }
        }
    };
    page.into_string()
}
