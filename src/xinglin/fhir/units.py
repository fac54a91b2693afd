"""The units of UCUM (The Unified Code for Units of Measure 2.1, tables 1 to 19) that measurements in health care use.

Each line: code, `m` where it takes prefixes or `-`, factor, the units it is a factor of. Base units have no factor.
"""

CALENDAR = frozenset({"year", "month", "week", "day", "hour", "minute", "second", "millisecond"})
"""Calendar durations of FHIRPath, in the singular."""

PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
"""Powers of ten by prefix."""

BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
"""Binary prefixes, for bit and byte."""

BASE = ("m", "s", "g", "rad", "K", "C", "cd")

OFFSETS = {"Cel": ("1", "273.15"), "[degF]": ("5/9", "459.67"), "[degRe]": ("5/4", "218.52")}
"""Temperatures with a zero of their own: kelvin = (value + offset) · factor."""

TABLE = """
10* - 10 1
10^ - 10 1
[pi] - 3.1415926535897932384626433832795 1
% - 1 10*-2
[ppth] - 1 10*-3
[ppm] - 1 10*-6
[ppb] - 1 10*-9
[pptr] - 1 10*-12
mol m 6.0221367 10*23
sr m 1 rad2
Hz m 1 s-1
N m 1 kg.m/s2
Pa m 1 N/m2
J m 1 N.m
W m 1 J/s
A m 1 C/s
V m 1 J/C
F m 1 C/V
Ohm m 1 V/A
S m 1 Ohm-1
Wb m 1 V.s
T m 1 Wb/m2
H m 1 Wb/A
lm m 1 cd.sr
lx m 1 lm/m2
Bq m 1 s-1
Gy m 1 J/kg
Sv m 1 J/kg
gon - 0.9 deg
deg - 2 [pi].rad/360
' - 1 deg/60
'' - 1 '/60
l m 1 dm3
L m 1 l
ar m 100 m2
min - 60 s
h - 60 min
d - 24 h
a_t - 365.24219 d
a_j - 365.25 d
a_g - 365.2425 d
a - 1 a_j
wk - 7 d
mo_s - 29.53059 d
mo_j - 1 a_j/12
mo_g - 1 a_g/12
mo - 1 mo_j
t m 1000 kg
bar m 100000 Pa
u m 1.6605402 10*-24.g
eV m 1.60217733 10*-19.J
pc m 3.085678 10*16.m
AU - 149597.870691 Mm
[c] m 299792458 m/s
[h] m 6.6260755 10*-34.J.s
[k] m 1.380658 10*-23.J/K
[e] m 1.60217733 10*-19.C
[m_e] m 9.1093897 10*-28.g
[g] m 9.80665 m/s2
[in_i] - 2.54 cm
[ft_i] - 12 [in_i]
[yd_i] - 3 [ft_i]
[mi_i] - 5280 [ft_i]
[fth_i] - 6 [ft_i]
[ft_us] - 1200/3937 m
[mi_us] - 5280 [ft_us]
[nmi_i] - 1852 m
[kn_i] - 1 [nmi_i]/h
[sin_i] - 1 [in_i]2
[sft_i] - 1 [ft_i]2
[syd_i] - 1 [yd_i]2
[cin_i] - 1 [in_i]3
[cft_i] - 1 [ft_i]3
[hd_i] - 4 [in_i]
[gal_us] - 231 [in_i]3
[qt_us] - 1 [gal_us]/4
[pt_us] - 1 [qt_us]/2
[gil_us] - 1 [pt_us]/4
[foz_us] - 1 [gil_us]/4
[fdr_us] - 1 [foz_us]/8
[min_us] - 1 [fdr_us]/60
[tbs_us] - 1 [foz_us]/2
[tsp_us] - 1 [tbs_us]/3
[cup_us] - 16 [tbs_us]
[foz_m] - 30 mL
[cup_m] - 240 mL
[tsp_m] - 5 mL
[tbs_m] - 15 mL
[gal_br] - 4.54609 l
[pt_br] - 1 [gal_br]/8
[foz_br] - 1 [gal_br]/160
[gr] - 64.79891 mg
[lb_av] - 7000 [gr]
[oz_av] - 1 [lb_av]/16
[dr_av] - 1 [oz_av]/16
[stone_av] - 14 [lb_av]
[lcwt_av] - 112 [lb_av]
[lton_av] - 20 [lcwt_av]
[ston_av] - 2000 [lb_av]
[pwt_tr] - 24 [gr]
[oz_tr] - 20 [pwt_tr]
[lb_tr] - 12 [oz_tr]
[sc_ap] - 20 [gr]
[dr_ap] - 3 [sc_ap]
[oz_ap] - 8 [dr_ap]
[lbf_av] - 1 [lb_av].[g]
[psi] - 1 [lbf_av]/[sin_i]
m[H2O] m 9.80665 kPa
m[Hg] m 133.3220 kPa
[in_i'H2O] - 1 m[H2O].[in_i]/m
[in_i'Hg] - 1 m[Hg].[in_i]/m
atm - 101325 Pa
gf m 1 g.[g]
[PRU] - 1 mm[Hg].s/ml
[wood'U] - 1 mm[Hg].min/L
[diop] - 1 /m
[degR] - 0.5555555555555555555555555556 K
cal_[15] m 4.18580 J
cal_[20] m 4.18190 J
cal_m m 4.19002 J
cal_IT m 4.1868 J
cal_th m 4.184 J
cal m 1 cal_th
[Cal] - 1 kcal_th
[Btu] - 1.05587 kJ
dyn m 1 g.cm/s2
erg m 1 dyn.cm
P m 1 dyn.s/cm2
St m 1 cm2/s
Ky m 1 /cm
Ci m 37000000000 Bq
R m 0.000258 C/kg
RAD m 100 erg/g
REM m 1 RAD
eq m 1 mol
osm m 1 mol
kat m 1 mol/s
U m 1 umol/min
[iU] m 1 [iU]
[IU] m 1 [iU]
[arb'U] - 1 [arb'U]
[USP'U] - 1 [USP'U]
[GPL'U] - 1 [GPL'U]
[MPL'U] - 1 [MPL'U]
[APL'U] - 1 [APL'U]
[beth'U] - 1 [beth'U]
[anti'Xa'U] - 1 [anti'Xa'U]
[todd'U] - 1 [todd'U]
[dye'U] - 1 [dye'U]
[bdsk'U] - 1 [bdsk'U]
[ka'U] - 1 [ka'U]
[knk'U] - 1 [knk'U]
[mclg'U] - 1 [mclg'U]
[tb'U] - 1 [tb'U]
[CCID_50] - 1 [CCID_50]
[TCID_50] - 1 [TCID_50]
[EID_50] - 1 [EID_50]
[PFU] - 1 [PFU]
[FFU] - 1 [FFU]
[CFU] - 1 [CFU]
[IR] - 1 [IR]
[BAU] - 1 [BAU]
[AU] - 1 [AU]
[Amb'a'1'U] - 1 [Amb'a'1'U]
[PNU] - 1 [PNU]
[Lf] - 1 [Lf]
[D'ag'U] - 1 [D'ag'U]
[FEU] - 1 [FEU]
[ELU] - 1 [ELU]
[EU] - 1 [EU]
[hnsf'U] - 1 1
[MET] - 3.5 mL/min/kg
[Ch] - 1 mm/[pi]
[drp] - 1 ml/20
[HPF] - 1 1
[LPF] - 100 1
[car_Au] - 1 /24
[smoot] - 67 [in_i]
[S] - 1 10*-13.s
Np m 1 Np
B m 1 B
B[SPL] m 1 B[SPL]
B[V] m 1 B[V]
B[mV] m 1 B[mV]
B[uV] m 1 B[uV]
B[W] m 1 B[W]
[pH] - 1 [pH]
[hp_X] - 1 [hp_X]
[hp_C] - 1 [hp_C]
bit_s - 1 bit_s
bit m 1 1
By m 8 bit
Bd m 1 /s
st m 1 m3
b m 100 fm2
"""
"""Units that are a factor of themselves are dimensions of their own: arbitrary and logarithmic units compare only with
themselves (UCUM, section 3.2 and 24)."""
