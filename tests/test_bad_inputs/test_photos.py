# Copyright (c) mtcp_mm authors. All rights reserved.
"""Photos and lists that are wrong, each with what must be said.

Oracle: the files that are written; OpenCV and Pillow for their pixels.
"""
import cv2
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.apis.images import read_photo
from .folder import CLASSES, PHOTO, encode, read, wrong_sum

NOISE = np.random.RandomState(0).randint(0, 256, (24, 32, 3)).astype(np.uint8)
JPEG, PNG = encode(NOISE, 'JPEG'), encode(NOISE)
EXIF = Image.Exif()
EXIF[0x112] = 1
ZEROED = PNG[:900] + bytes(300) + PNG[1200:]
HEIC = b'\0\0\0\x18ftypheic\0\0\0\0mif1heic' + bytes(50)
#: content of the photo, words
BROKEN = {
    'empty': (b'', ['empty file', '0 bytes', 'unpack it again']),
    'text': (b'hello', ['5 bytes', 'not an image']),
    'LFS': (b'version https://git-lfs.github.com/spec/v1', ['git lfs pull']),
    'HEIC': (HEIC, ['HEIC', 'convert']),
    'cut JPEG': (JPEG[:900], ['900 bytes', 'truncated']),
    'JPEG without its end': (JPEG[:-40], ['bytes']),
    'cut PNG': (PNG[:900], ['900 bytes']),
    'zeroed PNG': (ZEROED, ['bytes', 'decoded']),
    'PNG with a wrong sum': (wrong_sum(PNG), ['IDAT', 'checksum']),
    'PNG with EXIF and a wrong sum': (
        wrong_sum(encode(NOISE, exif=EXIF)), ['IDAT', 'checksum']),
    'JPEG without its first table': (
        JPEG[:3] + bytes(19) + JPEG[22:], ['bytes', 'cannot be decoded']),
    'PNG without its end': (PNG[:-12], ['bytes']),
    'cut TIFF': (encode(NOISE, 'TIFF')[:900], ['900 bytes']),
    'cut BMP': (encode(NOISE, 'BMP')[:900], ['900 bytes', 'truncated']),
}


class TestBrokenPhotos:

    @pytest.mark.parametrize('case', BROKEN)
    def test_training(self, tmp_path, case):
        content, words = BROKEN[case]
        with pytest.raises(ValueError) as error:
            read(tmp_path, photo=content)
        missing = [w for w in ['a.jpg', *words] if w not in str(error.value)]
        assert not missing, str(error.value)

    @pytest.mark.parametrize('case', BROKEN)
    def test_inference(self, tmp_path, case):
        content, words = BROKEN[case]
        (tmp_path / 'a.jpg').write_bytes(content)
        with pytest.raises(ValueError) as error:
            read_photo(str(tmp_path / 'a.jpg'))
        missing = [w for w in ['a.jpg', *words] if w not in str(error.value)]
        assert not missing, str(error.value)

    def test_size_limit(self, tmp_path, monkeypatch):
        monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 24 * 32 // 2 - 1)
        with pytest.raises(ValueError, match=r'a\.jpg.*too large.*768 pix'):
            read(tmp_path)
        with pytest.raises(ValueError, match=r'a\.jpg.*too large.*768 pix'):
            read_photo(str(tmp_path / 'images/a.jpg'))


class TestPixels:

    @pytest.mark.parametrize('kind', [
        'RGB', 'RGBA', 'L', 'LA', 'P', 'transparent', 'deep', 'turned'])
    def test_training_and_inference_see_the_same(self, tmp_path, kind):
        image, options = Image.fromarray(NOISE), {}
        if kind == 'transparent':
            image, options = image.quantize(16), dict(transparency=0)
        elif kind == 'deep':
            image = Image.fromarray(NOISE[..., 0].astype(np.uint16) * 257)
        elif kind == 'turned':
            exif = Image.Exif()
            exif[0x112] = 3
            options = dict(exif=exif, quality=95)
        else:
            image = image.convert(kind)
        file = tmp_path / ('a.jpg' if kind == 'turned' else 'a.png')
        image.save(file, **options)
        opencv = cv2.imread(str(file))[..., ::-1]
        change = np.abs(read_photo(str(file)).astype(int) - opencv)
        assert change.max() <= 3

    @pytest.mark.parametrize('turn', [2, 3, 4, 5, 6, 7, 8])
    def test_exif(self, tmp_path, turn):
        """A label drawn on the stored pixels: turned aside it does not fit,
        otherwise it is said."""
        exif = Image.Exif()
        exif[0x112] = turn
        photo = encode(PHOTO, 'JPEG', exif=exif)
        if turn > 4:
            with pytest.raises(ValueError, match=r'a\.png.*a\.jpg.*EXIF'):
                read(tmp_path, photo=photo)
        else:
            said = read(tmp_path, photo=photo)[1]
            assert f'a.jpg is turned by EXIF (orientation {turn})' in said

    @pytest.mark.parametrize('turn', [0, 1, 9])
    def test_no_turn(self, tmp_path, turn):
        exif = Image.Exif()
        exif[0x112] = turn
        label, said, _ = read(tmp_path,
                              photo=encode(PHOTO, 'JPEG', exif=exif))
        assert not said and (label == CLASSES).all()


FOUR = {f'images/{name}.jpg': JPEG for name in 'abcd'} | {
    f't/{name}.png': encode(CLASSES) for name in 'abcd'}
LISTS = {
    'plain': b'a\nb\nc\nd\n',
    'CRLF, blanks, tabs': b'\r\na\r\n\r\n b \r\nc\t\r\nd',
    'byte order mark': '\ufeffa\nb\nc\nd'.encode(),
    'UTF-16': 'a\nb\nc\nd\n'.encode('utf-16'),
    'suffixes': b'a.jpg\nb.JPG\nc.jpg\nd.jpg',
    'paths': b'images/a.jpg\n./images/b.jpg\n/data/images/c\nimages\\d.jpg',
}


class TestLists:

    @pytest.mark.parametrize('case', LISTS)
    def test_reads(self, tmp_path, case):
        files = {'splits/train.txt': LISTS[case], **FOUR}
        _, said, dataset = read(tmp_path, files=files, split='train')
        ids = [dataset.get_data_info(i)['sample_id'] for i in range(4)]
        assert ids == list('abcd') and len(dataset) == 4 and not said

    @pytest.mark.parametrize('content, words', [
        (b'', ['train.txt', 'empty', 'one id']),
        (b'\n \n', ['train.txt', 'empty']),
        (b'a\xff\xfe\x00', ['train.txt', 'UTF-8', 'per line']),
        (b'a.jpg a.png\nb.jpg b.png', ['Line 1', 'one id per line']),
        (b'a\nx\ny', ['images/x.jpg', '2 of the 3', 'one id per line']),
    ])
    def test_stops(self, tmp_path, content, words):
        files = {'splits/train.txt': content, **FOUR}
        with pytest.raises((ValueError, FileNotFoundError)) as error:
            read(tmp_path, files=files, split='train')
        missing = [w for w in words if w not in str(error.value)]
        assert not missing, str(error.value)

    @pytest.mark.parametrize('name, split', [
        ('t/b.png', None), ('t/b.png', 'train'), ('images/b.jpg', None),
        ('images/b.jpg', 'train'), ('splits/train.txt', 'train')])
    def test_folder_for_a_file(self, tmp_path, name, split):
        files = {'splits/train.txt': b'a\nb\nc\nd', **FOUR}
        del files[name]
        (tmp_path / name).mkdir(parents=True)
        with pytest.raises(ValueError, match=rf'{name} is a folder'):
            read(tmp_path, files=files, split=split)

    def test_doubled(self, tmp_path):
        files = {'splits/train.txt': b'a\nb\na\nc\nc\n', **FOUR}
        _, said, dataset = read(tmp_path, files=files, split='train')
        assert 'train.txt lists 2 ids more than once, such as a' in said
        assert len(dataset) == 5

    @pytest.mark.parametrize('name', ['b.JPG', 'b.jpeg', 'b.png', 'b.heic'])
    def test_another_suffix(self, tmp_path, name):
        files = {f'images/{name}': JPEG, 't/b.png': encode(CLASSES)}
        _, said, dataset = read(tmp_path, files=files)
        assert f'1 files ({name}) are left out' in said and '.jpg' in said
        assert len(dataset) == 1
        with pytest.raises(FileNotFoundError, match=rf'images/{name}\) are'):
            read(tmp_path, split='train',
                 files={'splits/train.txt': b'a\nb'})

    def test_labels_of_another_suffix(self, tmp_path):
        files = {**FOUR, 't/b.PNG': encode(CLASSES)}
        del files['t/b.png']
        said = read(tmp_path, files=files)[1]
        assert 't/b.PNG) are left out as labels of task `t`' in said

    def test_folders_below(self, tmp_path):
        (tmp_path / 'images/x').mkdir(parents=True)
        (tmp_path / 't/x').mkdir(parents=True)
        files = {'images/x/b.jpg': JPEG, 't/x/b.png': encode(CLASSES)}
        _, said, dataset = read(tmp_path, files=files)
        assert dataset.get_data_info(1)['sample_id'] == 'x/b' and not said
        assert (dataset[1]['data_samples'].gt_t.data[0] == 2).any()

    def test_images_beside_labels(self, tmp_path):
        """Labels are not taken for photos that are left out."""
        files = {'both/a_i.jpg': JPEG, 'both/a_l.png': encode(CLASSES)}
        _, said, dataset = read(
            tmp_path, files={f: c for f, c in files.items()},
            images=dict(folder='both', suffix='_i.jpg'),
            labels=dict(folder='both', suffix='_l.png'))
        assert len(dataset) == 1 and not said
