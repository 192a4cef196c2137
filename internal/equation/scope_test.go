package equation

// testScope is a scope like that of a cortical synapse.
var testScope = Scope{
	{Name: "eta", Side: Scalar, Unit: "1/ms", Doc: "learning rate"},
	{Name: "alpha", Side: Scalar, Doc: "decay of the weights"},
	{Name: "tau", Side: Scalar, Unit: "ms", Doc: "time constant of the low-pass"},
	{Name: "rate_pre", Side: Pre, Doc: "presynaptic rate"},
	{Name: "highpass_pre", Side: Pre, Doc: "high-passed presynaptic rate", LaTeX: `\hat{r}_{\text{pre}}`},
	{Name: "rate_post", Side: Post, Doc: "postsynaptic rate"},
	{Name: "pred_post", Side: Post, Doc: "dendritic prediction of the rate"},
	{Name: "noise_post", Side: Post, Unit: "mV", Doc: "noise of the postsynaptic cell"},
	{Name: "w", Side: Synapse, Unit: "mV", Doc: "weight"},
	{Name: "delta", Side: Synapse, Unit: "mV/ms", Doc: "low-passed weight change"},
}
