"""What of a model is trained: parts of it by name, or small additions (PEFT).

| module | what it holds |
|---|---|
| `kinds` | the names a config may use, each with its defaults and source |
| `freezing` | parts by glob: `["*", "!layers.-1", "!lm_head"]` |
| `bottleneck` | the adapters of Houlsby and Pfeiffer, which no kept library has |
"""
