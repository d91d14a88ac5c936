//! Plots as SVG, by plotters: curves with bands and error bars, and bars.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::number;

/// Width and height of a plot, in its own units; the page scales it.
const SIZE: (u32, u32) = (600, 320);

/// Colours of curves on a light page, told apart by colour-blind eyes too (after Okabe and Ito).
/// style.css names the same ones, and what they become on a dark page.
pub(super) const CURVES: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x8A, 0x64),
    RGBColor(0xB0, 0x55, 0x8A),
    RGBColor(0xA8, 0x74, 0x00),
    RGBColor(0x4B, 0x5E, 0xC4),
];
pub(super) const INK: RGBColor = RGBColor(0x1A, 0x21, 0x2B);
pub(super) const SOFT: RGBColor = RGBColor(0x52, 0x5F, 0x70);
pub(super) const GRID: RGBColor = RGBColor(0xD5, 0xDC, 0xE5);

/// A plot. Its axes reach from 0 to a little more than its highest point unless they are said to begin or
/// end elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Plot<'a> {
    /// What it shows, for those who do not see it.
    pub title: &'a str,
    /// What goes to the right.
    pub x: Axis<'a>,
    /// What goes up.
    pub y: Axis<'a>,
    /// Bars, behind all else: from, to and height.
    pub bars: Vec<(f64, f64, f64)>,
    /// The outline of an area behind the curves.
    pub area: Vec<(f64, f64)>,
    /// Curves.
    pub curves: Vec<Curve<'a>>,
}

/// An axis.
#[derive(Debug, Clone, Copy, Default)]
pub struct Axis<'a> {
    /// What it measures, and the unit.
    pub label: &'a str,
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: Option<f64>,
}

impl<'a> Axis<'a> {
    /// From 0 to the highest point.
    pub fn new(label: &'a str) -> Self {
        Self {
            label,
            ..Self::default()
        }
    }
}

/// A curve.
#[derive(Debug, Clone, Default)]
pub struct Curve<'a> {
    /// What the legend calls it.
    pub name: &'a str,
    /// Its points, in the order of x.
    pub points: Vec<Point>,
    /// Whether points are marked.
    pub marked: bool,
}

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// How far its error bar goes, up and down: half a confidence interval.
    pub error: Option<f64>,
}

impl From<(f64, f64)> for Point {
    fn from((x, y): (f64, f64)) -> Self {
        Self { x, y, error: None }
    }
}

impl Plot<'_> {
    /// The plot as an SVG element for a page, and under it its legend where there are several curves.
    /// What is not finite is left out.
    pub fn svg(&self) -> String {
        let mut drawn = String::new();
        {
            let area = SVGBackend::with_string(&mut drawn, SIZE).into_drawing_area();
            self.draw(&area)
                .and_then(|()| area.present())
                .expect("drawing into memory does not fail");
        }
        // Within HTML no namespace is needed.
        let title = super::escape(self.title);
        let drawn = drawn.replacen(
            " xmlns=\"http://www.w3.org/2000/svg\"",
            &format!(" role=\"img\" aria-label=\"{title}\" class=\"plot\""),
            1,
        );
        drawn + &self.legend()
    }

    fn legend(&self) -> String {
        if self.curves.len() < 2 {
            return String::new();
        }
        let keys = self.curves.iter().enumerate();
        let keys = keys.map(|(place, curve)| (place + self.first(), curve.name));
        super::legend(keys)
    }

    /// The colour of the first curve: another one than that of bars.
    fn first(&self) -> usize {
        usize::from(!self.bars.is_empty())
    }

    fn draw<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, plotters::coord::Shift>,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        let xs = self.bars.iter().map(|bar| bar.1);
        let xs = xs.chain(self.area.iter().map(|corner| corner.0));
        let xs = xs.chain(self.points().map(|point| point.x));
        let ys = self.bars.iter().map(|bar| bar.2);
        let ys = ys.chain(self.area.iter().map(|corner| corner.1));
        let ys = ys.chain(self.points().map(|p| p.y + p.error.unwrap_or(0.0)));
        let (x, y) = (self.x.range(xs, 1.0), self.y.range(ys, 1.06));
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .margin_right(24)
            .x_label_area_size(44)
            .y_label_area_size(68)
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .axis_style(SOFT)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 15, &SOFT))
            .axis_desc_style(("sans-serif", 16, &INK))
            .x_desc(self.x.label)
            .y_desc(self.y.label)
            .x_label_formatter(&|value| number::tick(*value))
            .y_label_formatter(&|value| number::tick(*value))
            .x_labels(9)
            .y_labels(6)
            .draw()?;
        self.draw_areas(&mut chart)?;
        let curves = self
            .curves
            .iter()
            .zip(CURVES.iter().cycle().skip(self.first()));
        for (curve, colour) in curves {
            curve.draw(&mut chart, *colour)?;
        }
        Ok(())
    }

    fn points(&self) -> impl Iterator<Item = &Point> {
        self.curves.iter().flat_map(|curve| &curve.points)
    }

    fn draw_areas<DB: DrawingBackend>(
        &self,
        chart: &mut Chart<'_, DB>,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        let bars = self.bars.iter().map(|&(from, to, height)| {
            let gap = (to - from) * 0.06;
            let corners = [(from + gap, 0.0), (to - gap, height)];
            Rectangle::new(corners, CURVES[0].mix(0.45).filled())
        });
        chart.draw_series(bars)?;
        let outline: Vec<(f64, f64)> = self.area.iter().copied().filter(finite).collect();
        if outline.len() > 2 {
            chart.draw_series([Polygon::new(outline, CURVES[0].mix(0.18))])?;
        }
        Ok(())
    }
}

type Chart<'a, DB> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Curve<'_> {
    fn draw<DB: DrawingBackend>(
        &self,
        chart: &mut Chart<'_, DB>,
        colour: RGBColor,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        let points = self
            .points
            .iter()
            .filter(|point| finite(&(point.x, point.y)));
        let line = points.clone().map(|point| (point.x, point.y));
        chart.draw_series(LineSeries::new(line.clone(), colour.stroke_width(2)))?;
        if self.marked {
            chart.draw_series(line.map(|at| Circle::new(at, 3, colour.filled())))?;
        }
        for point in points {
            let Some(error) = point.error.filter(|error| error.is_finite()) else {
                continue;
            };
            let ends = [point.y - error, point.y + error].map(|y| (point.x, y));
            chart.draw_series([PathElement::new(ends.to_vec(), colour)])?;
            let caps = ends.map(|end| {
                EmptyElement::at(end) + PathElement::new([(-4, 0), (4, 0)].to_vec(), colour)
            });
            chart.draw_series(caps)?;
        }
        Ok(())
    }
}

impl Axis<'_> {
    /// What it spans, to hold these; never nothing.
    fn range(&self, values: impl Iterator<Item = f64>, room: f64) -> std::ops::Range<f64> {
        let highest = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
        let to = self.to.unwrap_or(highest * room);
        let least = self.from + 1e-9_f64.max(self.from.abs() * 1e-9);
        self.from..if to > least { to } else { self.from + 1.0 }
    }
}

fn finite(&(x, y): &(f64, f64)) -> bool {
    x.is_finite() && y.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_of_nothing_or_of_what_is_not_finite_is_still_a_plot() {
        assert!(Plot::default().svg().ends_with("</svg>\n"));
        let curve = |name, points: &[(f64, f64)]| Curve {
            name,
            points: points.iter().map(|&point| point.into()).collect(),
            marked: true,
        };
        let plot = Plot {
            title: "a < b",
            curves: vec![
                curve(
                    "one & two",
                    &[(0.0, f64::NAN), (1.0, 2.0), (f64::INFINITY, 3.0)],
                ),
                curve("flat", &[(0.0, 0.0), (0.0, 0.0)]),
            ],
            ..Plot::default()
        };
        let svg = plot.svg();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(svg.contains("aria-label=\"a &lt; b\"") && svg.contains("one &amp; two"));
    }

    #[test]
    fn error_bars_reach_as_far_as_they_should() {
        let point = Point {
            x: 1.0,
            y: 5.0,
            error: Some(5.0),
        };
        let plot = Plot {
            x: Axis {
                to: Some(2.0),
                ..Axis::default()
            },
            y: Axis {
                to: Some(10.0),
                ..Axis::default()
            },
            curves: vec![Curve {
                points: vec![point],
                ..Curve::default()
            }],
            ..Plot::default()
        };
        // From the bottom of the plot to its top, in its middle.
        let svg = plot.svg();
        assert!(svg.contains("points=\"326,265 326,10 \""), "{svg}");
    }

    #[test]
    fn the_page_knows_every_colour() {
        let style = include_str!("style.css");
        for colour in CURVES.into_iter().chain([INK, SOFT, GRID]) {
            let RGBColor(red, green, blue) = colour;
            let name = format!("=\"#{red:02X}{green:02X}{blue:02X}\"]");
            assert!(style.contains(&name), "{name}");
        }
    }
}
