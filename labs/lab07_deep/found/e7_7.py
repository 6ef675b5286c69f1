"""Small changes to a right answer, packed: made by course-dl build, and you want to find yours."""

KEY = "bae7862fe11544c0"
PACKED = """
eNrtV02PmzAQ/SsjTrBKkXZXvSC1x57annKIlETIhXGw5IypbRo1Vf97B0PAW6naw24/NgVxsBmN
5z2/N7bYfkvWVpCTaJMCEnVsjfXgja2aHUlrjsMYxsAayRm7AqLk+wq22zl5BclJ+QY+mfor+JOq
EIQDLewBOfaaw5UWzsElISXKP5i605gVOwJ+Wg7vaBjXKKEsFSlflqlDLVdh4QKmLMZQShS+s+gK
UOT7D6HEOM/g1Vv4aAjH5ecSl5nrWsaR5VOhLIpxzTxweRMq5xY/d4prlQcr6jJ9J7TDDG7g7qec
BkXNOYzzvSIUzHOCGSHMYqLS2JOw9chzU4y7HAgMw19TuMDM8YvQMYEgRtAuJxNAp1m0TP+cGee0
QLqJki0yYJoJpeeMRZQ95z3L/kB1JSMlQFA9s4SqEXTAGlotqj7Irz10RyTvwEgYdojFgr4IL3Z/
nTZ53CIjohjtFVkkFJpdwXoHQ/QWiKwz2+BuscEVHhSjC2K9IxtE5vjfXRDfF1d4GvCFMdSGE1oE
Mh4qoTX2mt8umj976z+c/dl291YoYqXjXh/EXxr8N5/z49b/JeVN58MWLT39b17nm6c0dYOc5Drt
+/4m1xqHy4X90n/w8vWjDR2o81E+G2Bp7xeo+nkSer//Abspn9o=
"""
