/** What a graph of PyTorch may be given up for. */
export const STATE_DICT = 'load the state_dict, torch.save(model.state_dict(), "model.pt")';

/** Of a graph that a loop was traced into, and of one with too many nodes to say more of it. */
export const UNROLLED = `a loop over nn.GRUCell is unrolled by the export: export nn.GRU in its place, or ${STATE_DICT}`;
