"""The TQC-LSTM update of bench/rooms/compute-gpu.ts in PyTorch on CUDA, as a peer on the same GPU in the same run.

Separate actor and two critics, each with an LSTM of its own and the inputs beside it; burn-in without gradient; automatic
temperature; targets by Polyak averaging; Adam with a limit on the gradient's norm. TQC: Kuznetsov et al. 2020
(arXiv 2005.04269). The LSTM is cuDNN's, Adam the fused one; TF32 is as PyTorch sets it (on for cuDNN, off for products).
Sequences have no reset inside, as in our bench: cuDNN's LSTM has none.

Prints one line of JSON each for eager execution and for CUDA graphs: milliseconds of an update waited for (`idle`, the
least), and of one in a row of many (`row`, the least mean of several rows).
"""

import copy
import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

OBSERVATION, ACTION, UNITS, HIDDEN = 32, 3, 128, 256
BATCH, BURN_IN, SEQUENCE, QUANTILES, DROPPED = 64, 8, 16, 25, 2
INPUTS = OBSERVATION + ACTION + 1
ROWS = BURN_IN + SEQUENCE + 1
GAMMA, TAU, RATE, MAX_NORM, TARGET_ENTROPY = 0.99, 0.005, 3e-4, 10.0, -float(ACTION)
WARM, ROW, REPEATS = 20, 50, 5


class Memory(nn.Module):
    """An LSTM, and the inputs beside what it puts out: [rows, batch, UNITS + INPUTS]."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(INPUTS, UNITS)

    def forward(self, x, state=None):
        hidden, after = self.lstm(x, state)
        return torch.cat((hidden, x), -1), after


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = Memory()
        self.dense = nn.Linear(UNITS + INPUTS, HIDDEN)
        self.mean = nn.Linear(HIDDEN, ACTION)
        self.log_std = nn.Linear(HIDDEN, ACTION)

    def forward(self, x, state):
        features, after = self.memory(x, state)
        y = F.relu(self.dense(features))
        return self.mean(y), self.log_std(y).clamp(-20, 2), after


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = Memory()
        self.dense = nn.Linear(UNITS + INPUTS + ACTION, HIDDEN)
        self.quantiles = nn.Linear(HIDDEN, QUANTILES)

    def value(self, features, action):
        return self.quantiles(F.relu(self.dense(torch.cat((features, action), -1))))


def sample(mean, log_std):
    """Action tanh(u) and its log-density, Haarnoja et al. 2018 (arXiv 1812.05905), eq. 21."""
    noise = torch.randn_like(mean)
    action = torch.tanh(mean + log_std.exp() * noise)
    normal = -0.5 * noise.square() - log_std - 0.5 * math.log(2 * math.pi)
    return action, (normal - torch.log(1 - action.square() + 1e-6)).sum(-1)


def masked_mean(x, mask):
    return (x * mask).sum() / mask.sum().clamp(min=1)


def quantile_huber(values, target, mask, taus):
    """Mean over quantiles and atoms: values [rows, batch, QUANTILES], target [rows, batch, atoms]."""
    delta = target.unsqueeze(-2) - values.unsqueeze(-1)
    size = delta.abs()
    huber = torch.where(size <= 1, 0.5 * delta.square(), size - 0.5)
    weight = (taus.unsqueeze(-1) - (delta < 0).to(delta.dtype)).abs()
    return masked_mean((weight * huber).mean((-1, -2)), mask)


class Learner:
    def __init__(self, device):
        torch.manual_seed(1)
        self.actor = Actor().to(device)
        self.critics = nn.ModuleList([Critic(), Critic()]).to(device)
        self.targets = copy.deepcopy(self.critics)
        self.targets.requires_grad_(False)
        for target in self.targets:
            # A copy's weights lie apart, which cuDNN would put together anew at every call.
            target.memory.lstm.flatten_parameters()
        self.log_alpha = torch.full((1,), math.log(0.2), device=device, requires_grad=True)
        self.taus = (torch.arange(QUANTILES, device=device, dtype=torch.float32) + 0.5) / QUANTILES
        adam = {"lr": RATE, "fused": True, "capturable": True}
        self.actor_adam = torch.optim.Adam(self.actor.parameters(), **adam)
        self.critic_adam = torch.optim.Adam(self.critics.parameters(), **adam)
        self.alpha_adam = torch.optim.Adam([self.log_alpha], **adam)
        shapes = {
            "inputs": (ROWS, BATCH, INPUTS),
            "state": (2, 1, BATCH, UNITS),
            "actions": (SEQUENCE, BATCH, ACTION),
            "rewards": (SEQUENCE, BATCH),
            "terminated": (SEQUENCE, BATCH),
            "valid": (SEQUENCE, BATCH),
        }
        self.host = {name: torch.randn(shape).pin_memory() for name, shape in shapes.items()}
        self.host["actions"].tanh_()
        self.host["state"].zero_()
        self.host["terminated"].zero_()
        self.host["valid"].fill_(1)
        self.batch = {name: values.to(device) for name, values in self.host.items()}

    def upload(self):
        for name, values in self.host.items():
            self.batch[name].copy_(values, non_blocking=True)

    def step(self, optimiser, loss, parameters):
        """By gradients in these parameters alone."""
        parameters = list(parameters)
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
            parameter.grad = gradient
        if optimiser is not self.alpha_adam:
            nn.utils.clip_grad_norm_(parameters, MAX_NORM, foreach=True)
        optimiser.step()

    def update(self):
        x, mask = self.batch["inputs"], self.batch["valid"]
        before, learn, end = x[:BURN_IN], x[BURN_IN:-1], x[-1:]
        with torch.no_grad():
            state = (self.batch["state"][0], self.batch["state"][1])
            _, actor_state = self.actor.memory(before, state)
            states = [critic.memory(before)[1] for critic in self.critics]

        mean, log_std, after = self.actor(learn, actor_state)
        chosen, log_prob = sample(mean, log_std)
        alpha = self.log_alpha.detach().exp()
        gap = masked_mean(-TARGET_ENTROPY - log_prob.detach(), mask)
        self.step(self.alpha_adam, (self.log_alpha * gap).sum(), [self.log_alpha])

        with torch.no_grad():
            last_mean, last_log_std, _ = self.actor(end, after)
            next_action, next_log_prob = sample(
                torch.cat((mean[1:], last_mean)), torch.cat((log_std[1:], last_log_std))
            )
            pooled = torch.cat(
                [target.value(target.memory(x)[0][BURN_IN + 1 :], next_action) for target in self.targets], -1
            )
            atoms = pooled.topk(2 * (QUANTILES - DROPPED), largest=False, sorted=False).values
            future = atoms - (alpha * next_log_prob).unsqueeze(-1)
            discount = GAMMA * (1 - self.batch["terminated"])
            target = self.batch["rewards"].unsqueeze(-1) + discount.unsqueeze(-1) * future

        losses = [
            quantile_huber(critic.value(critic.memory(learn, start)[0], self.batch["actions"]), target, mask, self.taus)
            for critic, start in zip(self.critics, states)
        ]
        self.step(self.critic_adam, sum(losses) / len(losses), self.critics.parameters())

        with torch.no_grad():
            features = [critic.memory(learn, start)[0] for critic, start in zip(self.critics, states)]
        values = [critic.value(each, chosen).mean(-1) for critic, each in zip(self.critics, features)]
        loss = masked_mean(alpha * log_prob - sum(values) / len(values), mask)
        self.step(self.actor_adam, loss, self.actor.parameters())

        with torch.no_grad():
            torch._foreach_lerp_(list(self.targets.parameters()), list(self.critics.parameters()), TAU)


def measure(run):
    for _ in range(WARM):
        run()
    torch.cuda.synchronize()
    idle, row = [], []
    for _ in range(REPEATS):
        for _ in range(ROW):
            began = time.perf_counter()
            run()
            torch.cuda.synchronize()
            idle.append(time.perf_counter() - began)
        began = time.perf_counter()
        for _ in range(ROW):
            run()
        torch.cuda.synchronize()
        row.append((time.perf_counter() - began) / ROW)
    return {"idle": 1000 * min(idle), "row": 1000 * min(row)}


def eager(learner):
    def run():
        learner.upload()
        learner.update()

    return run


def captured(learner):
    # The first updates make the optimisers' state and cuDNN's workspaces, on another stream as capture wants it.
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            learner.update()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        learner.update()

    def run():
        learner.upload()
        graph.replay()

    return run


def main():
    if not torch.cuda.is_available():
        sys.exit("torch_tqc_lstm: PyTorch finds no CUDA device")
    device = torch.device("cuda")
    about = {"torch": torch.__version__, "device": torch.cuda.get_device_name(device)}
    for name, way in (("eager", eager), ("CUDA graphs", captured)):
        times = measure(way(Learner(device)))
        print(json.dumps({"way": name, **times, **about}), flush=True)


if __name__ == "__main__":
    main()
