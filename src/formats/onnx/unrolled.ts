/** The alternative to a graph of PyTorch. */
export const STATE_DICT = 'load the state_dict, torch.save(model.state_dict(), "model.pt")';

/** Advice for a graph with an unrolled loop, and for one with too many nodes. */
export const UNROLLED = `a loop over nn.GRUCell is unrolled by the export: export nn.GRU in its place, or ${STATE_DICT}`;
