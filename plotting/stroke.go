package plotting

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	// pieceLength is the number of points that are drawn in one stroke: the
	// rasteriser's time grows with the square of the crossings of a pixel row.
	pieceLength = 10
	// longLine is the number of points up to which a line is one stroke.
	longLine = 400
	// cellWidth is the width in points within which a long line is drawn by its
	// extremes; thinner details than a line cannot be seen.
	cellWidth = thin
)

// polyline draws a line through points inside the data area.
func (a *area) polyline(style draw.LineStyle, line []vg.Point) {
	if len(line) <= longLine {
		a.StrokeLines(style, line)
		return
	}
	line = extremes(line)
	for len(line) > 1 {
		n := min(pieceLength, len(line))
		a.StrokeLines(style, line[:n])
		if style.Dashes != nil {
			// The next piece goes on with the dashes where this one ends.
			style.DashOffs = dashPhase(style, line[:n])
		}
		line = line[n-1:]
	}
}

// extremes keeps the first, the lowest, the highest and the last point within
// every cellWidth, in their order. The line must run from left to right or the
// reverse to become shorter.
func extremes(line []vg.Point) []vg.Point {
	var kept []vg.Point
	cell := func(p vg.Point) float64 { return math.Floor(float64(p.X / cellWidth)) }
	for start := 0; start < len(line); {
		end, lo, hi := start+1, start, start
		for end < len(line) && cell(line[end]) == cell(line[start]) {
			if line[end].Y < line[lo].Y {
				lo = end
			}
			if line[end].Y > line[hi].Y {
				hi = end
			}
			end++
		}
		last := -1
		for _, i := range []int{start, min(lo, hi), max(lo, hi), end - 1} {
			if i > last {
				kept = append(kept, line[i])
				last = i
			}
		}
		start = end
	}
	return kept
}

// dashPhase returns where in the pattern of dashes a line ends.
func dashPhase(style draw.LineStyle, line []vg.Point) vg.Length {
	period, length := 0.0, float64(style.DashOffs)
	for _, d := range style.Dashes {
		period += float64(d)
	}
	for i := 1; i < len(line); i++ {
		length += math.Hypot(float64(line[i].X-line[i-1].X), float64(line[i].Y-line[i-1].Y))
	}
	return vg.Length(math.Mod(length, period))
}
