"""All departments with their courses."""

from xinglin.synthetic.courses import (
    cardiology,
    dermatology,
    endocrinology,
    gastroenterology,
    general_surgery,
    gynecology,
    hematology,
    nephrology,
    neurology,
    obstetrics,
    ophthalmology,
    orthopedics,
    otolaryngology,
    pediatrics,
    psychiatry,
    respiratory,
    rheumatology,
    urology,
)
from xinglin.synthetic.courses.model import Course

DEPARTMENTS = tuple(
    department.DEPARTMENT
    for department in (
        cardiology,
        respiratory,
        gastroenterology,
        endocrinology,
        neurology,
        nephrology,
        rheumatology,
        hematology,
        general_surgery,
        orthopedics,
        urology,
        gynecology,
        obstetrics,
        pediatrics,
        dermatology,
        otolaryngology,
        ophthalmology,
        psychiatry,
    )
)
"""Clinical departments, in the order in which the hospital lists them."""

COURSES: dict[str, Course] = {course.code: course for department in DEPARTMENTS for course in department.courses}
"""Every course by its code."""

HOME = {course.code: department.code for department in DEPARTMENTS for course in department.courses}
"""The department of each course."""

assert len(COURSES) == sum(len(department.courses) for department in DEPARTMENTS), "a course is declared twice"
