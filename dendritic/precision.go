package dendritic

// Values of Config.Precision.
const (
	Float64 = "float64"
	Float32 = "float32"
)
