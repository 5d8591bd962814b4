//! Where the nodes of a graph are drawn: joined ones near one another, groups apart, no label over another.
//!
//! Only sums, products, quotients and roots, whose results are the same on every machine; no clock, no chance.

/// How often the forces are followed.
const STEPS: usize = 90;
/// How often boxes that overlap are pushed apart before all is spread a little, and how often that is done.
const PUSHES: usize = 40;
const SPREADS: usize = 24;
/// A turn by the golden angle: points that are placed by it one after the other lie evenly.
const TURN: (f64, f64) = (-0.737_368_878_078_32, 0.675_490_294_261_523);
/// Labels are wide and low, and so are screens.
const STRETCH: f64 = 1.5;

pub(super) type Point = (f64, f64);

/// What is to be placed: boxes that hold a node and its label.
pub(super) struct Plan<'a> {
    /// For each node its group; groups are numbered from 0, and nodes come group by group.
    pub groups: &'a [usize],
    pub edges: &'a [(usize, usize)],
    /// How far the box reaches to the left and to the right of its node.
    pub reaches: &'a [(f64, f64)],
    /// How high every box is.
    pub height: f64,
}

/// Returns the place of each node, and how wide and high the whole is.
pub(super) fn layout(plan: &Plan<'_>) -> (Vec<Point>, Point) {
    let area: f64 = plan.reaches.iter().map(|(left, right)| (left + right) * plan.height).sum();
    let count = precise(plan.groups.len().max(1));
    let length = (area / count * 1.3).sqrt();
    let mut at = start(plan, length);
    for step in 0..STEPS {
        let heat = length * (1.0 - precise(step) / precise(STEPS)) * 0.6;
        let pulls = forces(plan, &at, length);
        for (place, pull) in at.iter_mut().zip(pulls) {
            let size = distance(pull);
            let most = if size > heat { heat / size } else { 1.0 };
            *place = (place.0 + pull.0 * most, place.1 + pull.1 * most);
        }
    }
    for place in &mut at {
        *place = (place.0 * STRETCH, place.1 / STRETCH);
    }
    part(plan, &mut at);
    settle(plan, at)
}

fn distance((x, y): Point) -> f64 {
    (x * x + y * y).sqrt()
}

fn precise(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Returns points that lie evenly around the middle, each next one further out.
fn spiral(length: f64) -> impl Iterator<Item = Point> {
    let mut turn = (1.0, 0.0);
    (0_u32..).map(move |number| {
        let far = length * f64::from(number).sqrt();
        let place = (turn.0 * far, turn.1 * far);
        turn = (turn.0 * TURN.0 - turn.1 * TURN.1, turn.0 * TURN.1 + turn.1 * TURN.0);
        place
    })
}

/// Places every group on a spiral of its own, and these along a larger one.
fn start(plan: &Plan<'_>, length: f64) -> Vec<Point> {
    let sizes: Vec<usize> = plan.groups.chunk_by(|a, b| a == b).map(<[usize]>::len).collect();
    let widest = sizes.iter().copied().max().unwrap_or(1);
    let apart = length * (precise(widest).sqrt() + 1.0) * 0.8;
    let mut at = Vec::with_capacity(plan.groups.len());
    for (centre, size) in spiral(apart).zip(sizes) {
        let inside = spiral(length * 0.7).take(size);
        at.extend(inside.map(|place| (centre.0 + place.0, centre.1 + place.1)));
    }
    at
}

/// Returns where each node is drawn: off what is near, towards what it is joined with, its group and the middle.
fn forces(plan: &Plan<'_>, at: &[Point], length: f64) -> Vec<Point> {
    let mut pulls = vec![(0.0, 0.0); at.len()];
    let mut push = |a: usize, b: usize, (x, y): Point| {
        pulls[a] = (pulls[a].0 + x, pulls[a].1 + y);
        pulls[b] = (pulls[b].0 - x, pulls[b].1 - y);
    };
    // In the order of x only neighbours are near, and each pair is looked at once.
    let reach = length * 2.5;
    let mut order: Vec<usize> = (0..at.len()).collect();
    order.sort_by(|a, b| at[*a].0.total_cmp(&at[*b].0).then(a.cmp(b)));
    for (place, &a) in order.iter().enumerate() {
        for &b in order[place + 1..].iter().take_while(|b| at[**b].0 - at[a].0 < reach) {
            let (x, y) = (at[a].0 - at[b].0, at[a].1 - at[b].1);
            let far = x * x + y * y;
            if far < reach * reach {
                let same = if plan.groups[a] == plan.groups[b] { 0.35 } else { 0.7 };
                let force = same * length * length / far.max(length * length * 0.01);
                push(a, b, (x * force, y * force));
            }
        }
    }
    for &(a, b) in plan.edges {
        let (x, y) = (at[b].0 - at[a].0, at[b].1 - at[a].1);
        let far = distance((x, y));
        let same = if plan.groups[a] == plan.groups[b] { 0.10 } else { 0.012 };
        let force = same * (far / length).min(4.0);
        push(a, b, (x * force, y * force));
    }
    let groups = plan.groups.last().map_or(0, |last| last + 1);
    let mut middles = vec![(0.0, 0.0, 0.0); groups];
    for (place, group) in at.iter().zip(plan.groups) {
        let middle = &mut middles[*group];
        *middle = (middle.0 + place.0, middle.1 + place.1, middle.2 + 1.0);
    }
    for ((pull, place), group) in pulls.iter_mut().zip(at).zip(plan.groups) {
        let (x, y, count) = middles[*group];
        let own = ((x / count - place.0) * 0.12, (y / count - place.1) * 0.12);
        *pull = (pull.0 + own.0 - place.0 * 0.015, pull.1 + own.1 - place.1 * 0.015);
    }
    pulls
}

/// Pushes boxes apart until none lies over another.
fn part(plan: &Plan<'_>, at: &mut [Point]) {
    for _ in 0..SPREADS {
        for _ in 0..PUSHES {
            if !pushed(plan, at) {
                return;
            }
        }
        for place in at.iter_mut() {
            *place = (place.0 * 1.12, place.1 * 1.12);
        }
    }
}

/// Pushes every two boxes that overlap apart, the shorter way; tells whether there were any.
fn pushed(plan: &Plan<'_>, at: &mut [Point]) -> bool {
    let left = |at: &[Point], node: usize| at[node].0 - plan.reaches[node].0;
    let right = |at: &[Point], node: usize| at[node].0 + plan.reaches[node].1;
    let mut order: Vec<usize> = (0..at.len()).collect();
    order.sort_by(|a, b| left(at, *a).total_cmp(&left(at, *b)).then(a.cmp(b)));
    let mut any = false;
    for place in 0..order.len() {
        let a = order[place];
        for &b in &order[place + 1..] {
            let beside = right(at, a) - left(at, b);
            if beside <= 0.0 {
                break;
            }
            let below = plan.height - (at[a].1 - at[b].1).abs();
            if below <= 0.0 {
                continue;
            }
            any = true;
            if below < beside {
                let way = if at[a].1 <= at[b].1 { -0.5 } else { 0.5 };
                let by = way * (below + 0.5);
                (at[a].1, at[b].1) = (at[a].1 + by, at[b].1 - by);
            } else {
                let by = (beside + 0.5) * 0.5;
                (at[a].0, at[b].0) = (at[a].0 - by, at[b].0 + by);
            }
        }
    }
    any
}

/// Moves all so that the drawing begins at the corner.
fn settle(plan: &Plan<'_>, mut at: Vec<Point>) -> (Vec<Point>, Point) {
    let boxes = || at.iter().zip(plan.reaches);
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    let left = least(&mut boxes().map(|(place, reach)| place.0 - reach.0));
    let top = least(&mut at.iter().map(|place| place.1)) - plan.height / 2.0;
    let right = -least(&mut boxes().map(|(place, reach)| -(place.0 + reach.1)));
    let bottom = -least(&mut at.iter().map(|place| -place.1)) + plan.height / 2.0;
    if at.is_empty() {
        return (at, (0.0, 0.0));
    }
    for place in &mut at {
        *place = (place.0 - left, place.1 - top);
    }
    (at, (right - left, bottom - top))
}

#[cfg(test)]
mod tests {
    use super::{Plan, layout};

    #[test]
    fn no_label_lies_over_another() {
        let count = 300;
        let groups: Vec<usize> = (0..count).map(|node| node / 23).collect();
        let edges: Vec<(usize, usize)> =
            (1..count).flat_map(|node| [(node / 3, node), (node * 7 % node, node)]).collect();
        let edges: Vec<_> = edges.into_iter().filter(|(a, b)| a != b).collect();
        let widths = [30.0, 90.0, 150.0, 170.0];
        let reaches: Vec<(f64, f64)> = (0..count).map(|node| (9.0, widths[node % 4])).collect();
        let plan = Plan { groups: &groups, edges: &edges, reaches: &reaches, height: 24.0 };
        let (at, (wide, high)) = layout(&plan);
        for a in 0..count {
            let (left, right) = (at[a].0 - reaches[a].0, at[a].0 + reaches[a].1);
            assert!(left >= -0.01 && right <= wide + 0.01 && at[a].1 <= high, "{a} is outside");
            for b in 0..a {
                let beside = right.min(at[b].0 + reaches[b].1) - left.max(at[b].0 - reaches[b].0);
                let below = 24.0 - (at[a].1 - at[b].1).abs();
                assert!(beside <= 0.01 || below <= 0.01, "{a} lies over {b}");
            }
        }
        assert!(wide * high < 4.0e6, "it is drawn on {wide} by {high}");
    }
}
