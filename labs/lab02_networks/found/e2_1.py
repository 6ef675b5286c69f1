"""Small changes to a right answer, packed: made by course-dl build, and you want to find yours."""

KEY = "b44f168a69901a1c"
PACKED = """
eNrNls9ugzAMxl/lE6e2o5vWahcO06S9wm6UQ4AAkUKCkqBQbXv3hX9dq06DG3CyFGP9PtuxE356
gtZKCi+AlylZIpGc08QwKfQjiROwspLK4J1wTmJOT6LzMlIlxXj2QYWWyocQ3rePMBxD+vAsMwVM
QaFZLiCzzlZU19zA1ErQFErWInW+B+ee0gz9z5smuMS1v2Y8mvhCxiUxPvLgAheG/WHkD17RFvvX
wQ5OAu6riNa9pWhLgH2+sXhDgwfEW8eREa6pi/CnjBHdsoSCaHCicuo8XhaCv2bHDoeZ/AXh2erw
n/7Fl7VBDiauZLij54XAL9gTxC2soapEvBr0IefbueS91PXQT1/ScdbENyPmTsJx4abf/z9vxiJU
SqZ1YtDJa1bVRlMT04K4vDcoHSqrOHOloMKoM+LzYKypJrsZO6DLf8WJm/6uwewd/2Ex/mbWDrM3
/M2K+Ns7YWft4ImnhN813YwBfFz4wdEKNaqmURT9ALulGns=
"""
